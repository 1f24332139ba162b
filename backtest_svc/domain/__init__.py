"""Frozen values and pure decisions: what is run on, and how a result is told."""
