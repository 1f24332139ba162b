"""Stores the credentials of the sources in Secrets Manager; moto forgets them."""

import json
from typing import Any

from stack.sources import CREDENTIALS, secret_id


def store_credentials(manager: Any, *, prefix: str, token: str) -> None:
    """Stores them, or replaces what is there; `manager` is boto3's client.

    The simulator takes one random token for all its APIs.
    """
    for source in CREDENTIALS:
        name, value = secret_id(prefix, source), json.dumps({"token": token})
        try:
            manager.create_secret(Name=name, SecretString=value)
        except manager.exceptions.ResourceExistsException:
            manager.put_secret_value(SecretId=name, SecretString=value)
