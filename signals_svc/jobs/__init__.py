"""The batch entry points of the service."""
