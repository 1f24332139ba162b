"""Ports on PostgreSQL, the lake, Redis, SNS and the model runtimes."""
