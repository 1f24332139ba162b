"""Owns how each server is found, prepared, started and recognised. One module a server."""
