"""Imports everything recorded into fresh stores and writes docs/real-data.md from what came out."""
