"""What commands that print a report of the API share: their options, and how they leave."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from cli.asking import NotAnswered, ask

API = click.option("--url", envvar="PRICER_API_URL", help="API to ask; default: the local one")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="print the answer as it came")


def report(
    path: str,
    asked: Mapping[str, str | None],
    lines: Callable[[dict[str, Any]], Iterator[str]],
    *,
    url: str | None,
    as_json: bool,
) -> dict[str, Any]:
    """Print what the API answers, as lines or as JSON; leave with an error if it did not answer."""
    try:
        found = ask(url, path, asked)
    except NotAnswered as error:
        click.echo(f"pricer: {error}", err=True)
        sys.exit(error.code)
    for line in [json.dumps(found, indent=2)] if as_json else lines(found):
        click.echo(line)
    return found
