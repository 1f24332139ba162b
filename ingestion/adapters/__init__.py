"""What ingestion needs from outside: tables, lake zones, sources."""
