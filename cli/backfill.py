"""Asks the API for a backfill and tells how it goes, with the standard library alone."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, NoReturn

import click

from cli.packages import become
from cli.status import LOCAL_API, NEEDED_BY_THE_STACK, reason_in

DEADLINE_S = 30
POLL_S = 2
PATIENCE = 10  # answers in a row that did not come, before the wait is given up
NAME_WIDTH = 27
EXIT_GOES_ON = 75  # EX_TEMPFAIL: nothing failed, ask again
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
ENDED = frozenset({"success", "failed"})


class NotTaken(click.ClickException):
    """The API said no, or nothing."""


class NotNow(NotTaken):
    """The API is away; a moment later it may answer."""


def ask_for(
    wish: Mapping[str, Any],
    *,
    url: str | None,
    token: str | None,
    wait: bool,
    within_s: float,
    again: list[str],
) -> int:
    """Start the backfill and, if asked to, wait for its end; the exit code.

    Without a token the local stack, where it is installed, is asked for it: it runs `again`.
    """
    token = token or of_the_stack("backfill", *again)
    base = (url or LOCAL_API).rstrip("/")
    if wish["dry_run"] and not wish["reference"]:
        # What would be done changes from day to day, so a dry run is always a new one.
        wish = {**wish, "reference": f"dry run of {datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"}
    asked = call("POST", f"{base}/admin/backfills", token, wish)
    started = "started" if asked["new"] else "was asked for before"
    click.echo(f"{asked['run_id']}  {started}, {asked['state']}")
    if not wait and not wish["dry_run"]:
        return 0
    return followed(base, asked["run_id"], token, within_s=within_s)


def followed(base: str, run_id: str, token: str, *, within_s: float, poll_s: float = POLL_S) -> int:
    """Print what the run has told once it has ended; the exit code, 75 if it goes on for longer.

    An API that is away for a moment does not end the wait.
    """
    until = time.monotonic() + within_s
    away = 0
    while True:
        try:
            progress = call("GET", f"{base}/admin/backfills/{run_id}", token)
        except NotNow:
            away += 1
            if away == PATIENCE:
                raise
        else:
            away = 0
            if progress["state"] in ENDED:
                return told(progress)
        if time.monotonic() + poll_s > until:
            click.echo(
                f"{run_id}  has not ended within {within_s / 60:g} minutes and goes on;"
                " say the same again to wait longer",
                err=True,
            )
            return EXIT_GOES_ON
        time.sleep(poll_s)


def told(progress: Mapping[str, Any]) -> int:
    """Print plan, outcome and state of a run that has ended; the exit code."""
    for part in ("plan", "outcome"):
        for name, value in progress[part].items():
            if name not in ("job", "backfill"):
                click.echo(f"  {part:8}{name.replace('_', ' '):{NAME_WIDTH}} {in_words(value)}")
    click.echo(f"{progress['run_id']}  {progress['state']}")
    return 0 if progress["state"] == "success" else 1


def in_words(value: object) -> str:
    """`marketplace 217, tcgplayer 42` of figures by name."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {figure}" for name, figure in value.items()) or "none"
    return str(value)


def call(method: str, url: str, token: str, body: Mapping[str, Any] | None = None) -> Any:
    """The JSON of an answer. Raises NotTaken; NotNow where asking again may help."""
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
        kind = NotNow if error.code in TRANSIENT else NotTaken
        raise kind(f"{url} answers {error.code}: {reason_in(error.read())}") from error
    except (OSError, ValueError) as error:
        raise NotNow(f"no answer from {url} ({error}). Is it running?") from error


def of_the_stack(*command: str) -> NoReturn:
    """Become this command of ours with the token of the local stack. Raises NotTaken."""
    if all(find_spec(module) for module in NEEDED_BY_THE_STACK):
        become("stack", "run", "--", "pricer", *command)
    raise NotTaken("say the token of data engineers in PRICER_ADMIN_TOKEN")


def token_told() -> str | None:
    """The token of the environment; None where there is none."""
    return os.environ.get("PRICER_ADMIN_TOKEN") or None
