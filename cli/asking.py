"""Asks the API for a report: one GET with a deadline, its problem documents as plain words."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cli.status import LOCAL_API, reason_in

DEADLINE_S = 20


class NotAnswered(Exception):
    """The API is away or refused; `code` is the exit code to leave with."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


def ask(url: str | None, path: str, asked: Mapping[str, str | None]) -> dict[str, Any]:
    """The JSON of one answer; parameters that are None are left out. Raises NotAnswered."""
    base = (url or LOCAL_API).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise NotAnswered(f"{base!r} is no address of an API; write http://host:port.", 2)
    told = urlencode({name: value for name, value in asked.items() if value is not None})
    whole = f"{base}{path}{'?' if told else ''}{told}"
    try:
        with urllib.request.urlopen(whole, timeout=DEADLINE_S) as answer:  # noqa: S310 - checked
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        words = f"the API answers {error.code}: {reason_in(error.read())}"
        # 503 is worth another try, as EX_TEMPFAIL of a job is.
        raise NotAnswered(words, 75 if error.code == 503 else 1) from error
    except (OSError, ValueError) as error:
        raise NotAnswered(f"no answer from {base} ({error}). Is it running?", 1) from error
    return found


def dollars(cents: int | None) -> str:
    """US dollars with two digits, or a dash."""
    return "-" if cents is None else f"${cents / 100:,.2f}"
