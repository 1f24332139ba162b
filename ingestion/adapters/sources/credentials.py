"""Credentials of sources, from Secrets Manager: a token, or what a token is exchanged for."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from ingestion.domain.errors import SourceRefused, SourceUnavailable
from kernel.errors import Rejected

DEADLINE_S = 10
EARLY_S = 60  # a token is renewed this long before it runs out
FINAL = frozenset({"ResourceNotFoundException", "AccessDeniedException", "InvalidRequestException"})


class CredentialMissing(Rejected):
    """A source nobody has given a credential for, or one that has no usable form."""

    title = "Credential missing"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"no credential for {name}: {why}")
        self.name = name


@dataclass
class Credentials:
    """Secrets `<prefix>/source/<name>`, JSON: {"token"} or {"client_id", "client_secret",
    "token_url"} for an exchange by OAuth client credentials. Kept in memory until they run out."""

    prefix: str | None
    now: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[SecretStr, float]] = field(default_factory=dict, init=False, repr=False)

    def token(self, name: str) -> SecretStr:
        """The bearer token of a source. Raises CredentialMissing, SourceUnavailable."""
        kept = self._kept.get(name)
        if kept is None or kept[1] <= self.now():
            kept = self._made(name)
            self._kept[name] = kept
        return kept[0]

    def secret_id(self, name: str) -> str:
        """`<prefix>/source/<name>`. Raises CredentialMissing where no prefix is set."""
        if not self.prefix:
            raise CredentialMissing(name, "set PRICER_SECRETS_PREFIX")
        return f"{self.prefix}/source/{name}"

    def _made(self, name: str) -> tuple[SecretStr, float]:
        told = self._told(name)
        if told.get("token"):
            return SecretStr(str(told["token"])), float("inf")
        if all(told.get(key) for key in ("client_id", "client_secret", "token_url")):
            return self._exchanged(name, told)
        wanted = "token, or client_id, client_secret and token_url"
        raise CredentialMissing(name, f"the secret {self.secret_id(name)} has no {wanted}")

    def _told(self, name: str) -> Mapping[str, Any]:
        secret_id = self.secret_id(name)
        deadlines = Config(
            connect_timeout=DEADLINE_S, read_timeout=DEADLINE_S, retries={"total_max_attempts": 3}
        )
        try:
            manager = boto3.client("secretsmanager", config=deadlines)
            told = json.loads(manager.get_secret_value(SecretId=secret_id)["SecretString"])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in FINAL:
                why = f"{code} for the secret {secret_id}; store it or allow its reading"
                raise CredentialMissing(name, why) from error
            raise SourceUnavailable("Secrets Manager", code) from error
        except BotoCoreError as error:
            raise SourceUnavailable("Secrets Manager", type(error).__name__) from error
        except (KeyError, ValueError) as error:
            raise CredentialMissing(name, f"the secret {secret_id} is no JSON") from error
        return told if isinstance(told, dict) else {}

    def _exchanged(self, name: str, told: Mapping[str, Any]) -> tuple[SecretStr, float]:
        form = {"grant_type": "client_credentials"}
        if told.get("scope"):
            form["scope"] = str(told["scope"])
        pair = (str(told["client_id"]), str(told["client_secret"]))
        try:
            answer = httpx.post(str(told["token_url"]), data=form, auth=pair, timeout=DEADLINE_S)
        except httpx.HTTPError as error:
            raise SourceUnavailable(name, f"no token: {type(error).__name__}") from error
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            raise SourceUnavailable(name, f"no token: HTTP {answer.status_code}")
        try:
            given = answer.json()
            token, lasts = SecretStr(given["access_token"]), float(given.get("expires_in", 3600))
        except (ValueError, KeyError, TypeError) as error:
            # What it says is left out: an answer about credentials may repeat them.
            raise SourceRefused(name, f"no token: HTTP {answer.status_code}") from error
        return token, self.now() + max(lasts - EARLY_S, 0)
