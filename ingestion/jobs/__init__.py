"""The batch entry points: `python -m ingestion job <name>`, each one use case."""
