"""The verbs of ingestion, one module each; ports come in as arguments."""
