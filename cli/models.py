"""Asks the API to move a model to another stage and tells what came of it."""

import time
from collections.abc import Mapping
from typing import Any

import click

from cli.backfill import EXIT_GOES_ON, NotNow, call
from cli.status import LOCAL_API

POLL_S = 1
ENDED = frozenset({"success", "failed"})


def change_stage(
    version: str, wish: Mapping[str, Any], *, url: str | None, token: str, within_s: float
) -> int:
    """The exit code: 0 moved, 1 refused, 75 not known yet."""
    base = (url or LOCAL_API).rstrip("/")
    run = call("POST", f"{base}/admin/models/{version}", token, wish)
    until = time.monotonic() + within_s
    while run["state"] not in ENDED:
        if time.monotonic() > until:
            words = f"{run['run_id']}  has not ended and goes on; say the same again to wait longer"
            click.echo(words, err=True)
            return EXIT_GOES_ON
        time.sleep(POLL_S)
        try:
            run = call("GET", f"{base}/admin/model-runs/{run['run_id']}", token)
        except NotNow:  # away for a moment: the run goes on
            continue
    if run["state"] == "failed":
        click.echo(f"pricer: {run['refused'] or 'the run failed; see its log'}", err=True)
        return 1
    click.echo(in_words(run["outcome"]))
    return 0


def in_words(outcome: Mapping[str, Any]) -> str:
    """The stage, and what is told anew."""
    version, stage, marked = (outcome[name] for name in ("model_version", "stage", "marked"))
    if outcome["outcome"] != "moved":
        return f"{version} was in {stage} already"
    told = f"; {marked:,} instruments are told anew now" if marked else ""
    return f"{version} is in {stage}{told}"
