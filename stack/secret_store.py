"""Generates the secrets of one installation once and keeps them where only its owner can read."""

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from stack.bootstrap.databases import LOGINS
from stack.parts.postgres import SUPERUSER

AIRFLOW_ROLE = "airflow"

# Letters and digits only: they need no quoting in a URL or a configuration file.
PLAIN = (
    "valkey",
    "s3",
    "supervisor",
    "marketplace_token",
    "admin_token",
    "airflow_password",
    "airflow_jwt",
    "airflow_session",
)


def database_secret(role: str) -> str:
    return f"database_{role}"


def load_or_generate(path: Path) -> Mapping[str, str]:
    """Adds what an older version of the file lacks; never changes what is there."""
    stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    wanted = [*PLAIN, *(database_secret(role) for role in (*LOGINS, AIRFLOW_ROLE, SUPERUSER))]
    missing = {name: secrets.token_hex(32) for name in wanted if name not in stored}
    if "airflow_fernet" not in stored:
        missing["airflow_fernet"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if missing:
        stored |= missing
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(stored, indent=1))
        fresh.rename(path)
    return stored
