"""Asks the API for a backfill and tells how it goes, with the standard library alone."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

import click

from cli.packages import become
from cli.status import LOCAL_API, NEEDED_BY_THE_STACK, reason_in

DEADLINE_S = 30
POLL_S = 2
ENDED = frozenset({"success", "failed"})


class NotTaken(click.ClickException):
    """The API said no, or nothing."""


def ask_for(
    wish: Mapping[str, Any], *, url: str | None, token: str | None, wait: bool, again: list[str]
) -> int:
    """Start the backfill and, if asked to, wait for its end; the exit code.

    Without a token the local stack, where it is installed, is asked for it: it runs `again`.
    """
    if token is None:
        if all(find_spec(module) for module in NEEDED_BY_THE_STACK):
            become("stack", "run", "--", "pricer", "backfill", *again)
        raise NotTaken("say the token of data engineers in PRICER_ADMIN_TOKEN")
    base = (url or LOCAL_API).rstrip("/")
    if wish["dry_run"] and not wish["reference"]:
        # What would be done changes from day to day, so a dry run is always a new one.
        wish = {**wish, "reference": f"dry run of {datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"}
    asked = call("POST", f"{base}/admin/backfills", token, wish)
    started = "started" if asked["new"] else "was asked for before"
    click.echo(f"{asked['run_id']}  {started}, {asked['state']}")
    return followed(base, asked["run_id"], token) if wait or wish["dry_run"] else 0


def followed(base: str, run_id: str, token: str) -> int:
    """Print what the run has told once it has ended; the exit code."""
    while True:
        progress = call("GET", f"{base}/admin/backfills/{run_id}", token)
        if progress["state"] in ENDED:
            break
        time.sleep(POLL_S)
    for part in ("plan", "outcome"):
        for name, value in progress[part].items():
            if name not in ("job", "backfill"):
                click.echo(f"  {part:8}{name.replace('_', ' '):18} {value}")
    click.echo(f"{run_id}  {progress['state']}")
    return 0 if progress["state"] == "success" else 1


def call(method: str, url: str, token: str, body: Mapping[str, Any] | None = None) -> Any:
    """The JSON of an answer. Raises NotTaken."""
    if not url.startswith(("http://", "https://")):
        raise NotTaken(f"{url!r} is no address of an API; write http://host:port")
    request = urllib.request.Request(  # noqa: S310 - checked above
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:  # noqa: S310 - checked
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise NotTaken(f"{url} answers {error.code}: {reason_in(error.read())}") from error
    except (OSError, ValueError) as error:
        raise NotTaken(f"no answer from {url} ({error}). Is it running?") from error


def token_told() -> str | None:
    """The token of the environment; None where there is none."""
    return os.environ.get("PRICER_ADMIN_TOKEN") or None
