"""Asks which parts run: the local stack where it is installed, otherwise the API."""

import json
import urllib.error
import urllib.request
from importlib.util import find_spec

import click

from cli.packages import become

LOCAL_API = "http://127.0.0.1:18000"
DEADLINE_S = 5
NEEDED_BY_THE_STACK = ("stack", "supervisor")


def print_status(url: str | None) -> int:
    """Print what runs; the exit code: 0 if it is ready."""
    if url is None and all(find_spec(module) for module in NEEDED_BY_THE_STACK):
        become("stack", "status")
    return print_api_status(url or LOCAL_API)


def print_api_status(url: str) -> int:
    """Print what the API says of itself; the exit code."""
    if not url.startswith(("http://", "https://")):
        click.echo(f"pricer: {url!r} is no address of an API; write http://host:port.", err=True)
        return 2
    asked = f"{url.rstrip('/')}/readyz"
    try:
        with urllib.request.urlopen(asked, timeout=DEADLINE_S) as answer:  # noqa: S310 - checked
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        click.echo(f"api_gw  {url}  answers {error.code}: {reason_in(error.read())}")
        return 1
    except (OSError, ValueError) as error:
        click.echo(f"pricer: no answer from {asked} ({error}). Is it running?", err=True)
        return 1
    click.echo(f"api_gw  {url}  " + "  ".join(f"{key} {value}" for key, value in said.items()))
    return 0


def reason_in(problem: bytes) -> str:
    """The detail of a problem document, if it is one."""
    try:
        return str(json.loads(problem)["detail"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"
