"""The public REST API. Owns search and card pages; answers reads; never models or writes."""
