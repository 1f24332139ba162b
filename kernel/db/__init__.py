"""PostgreSQL: connections, the dirty set, and the two sanctioned read models."""
