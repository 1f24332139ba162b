"""`python -m ingestion job <name> --options`."""

from ingestion.app import commands

if __name__ == "__main__":
    commands()()
