"""Asks a server whether it is ours and answers: by our secret, or by the instance id it returns."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import cast
from urllib.parse import urlsplit

import psycopg
import redis

from stack.errors import Unhealthy

DEADLINE_S = 5  # Airflow, while tasks keep all cores busy, has been silent for two


def postgres(url: str) -> str:
    try:
        with psycopg.connect(url, connect_timeout=DEADLINE_S) as connection:
            said = connection.info.parameter_status("server_version") or "?"
    except psycopg.Error as error:
        raise Unhealthy(str(error).strip().splitlines()[0]) from error
    return said.split()[0]


def valkey(url: str) -> str:
    client = redis.Redis.from_url(url, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S)
    try:
        with client:
            info = cast("dict[str, object]", client.info("server"))
    except redis.RedisError as error:  # refused, loading its file, or another's password
        raise Unhealthy(str(error)) from error
    return str(info.get("valkey_version", info.get("redis_version", "?")))


def http_json(url: str) -> object:
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as response:  # noqa: S310 - loopback
            return json.loads(response.read())
    except (OSError, ValueError, HTTPException) as error:
        raise Unhealthy(f"{urlsplit(url).netloc}: {error}") from error


def answer_to(url: str, told: Mapping[str, str]) -> int:
    """The status with which a server answers what it is told as JSON.

    By urllib, as it is asked again and again while programs start and need the cores: httpx reads
    all certificates for each question.
    """
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(url, json.dumps(told).encode(), headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(asked, timeout=DEADLINE_S) as response:  # noqa: S310 - as above
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, HTTPException) as error:
        raise Unhealthy(f"{urlsplit(url).netloc}: {error}") from error


def instance(url: str, *, expected: str, version: str) -> str:
    """The service at `url` answers with the instance id of this stack."""
    answer = http_json(url)
    found = answer.get("instance") if isinstance(answer, dict) else None
    if found != expected:
        raise Unhealthy(f"another program answers at {url} (instance {found!r})")
    return version
