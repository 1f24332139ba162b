"""Owns the embedded local stack: real servers under a supervisor. Production runs none of it."""
