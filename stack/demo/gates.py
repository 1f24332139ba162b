"""How each model was judged, as the API tells it: a line a condition, with its numbers."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import httpx
from rich.console import Console

from stack.errors import StackError

DEADLINE_S = 20
TITLES = {
    "classifier": "Classifier",
    "baseline": "Contest of simple forecasts",
    "tft": "Sequence forecaster",
}
IN = "  "
SILENT = "staging"  # speaks in replays alone


class NoModels(StackError):
    """The API does not tell how models were judged."""

    def __init__(self, error: httpx.HTTPError) -> None:
        super().__init__(f"no models: {error}; see .stack/logs/api_gw.log")


def print_gates(api_url: str, console: Console) -> None:
    """The newest version of each family."""
    told = set()
    for model in _models(api_url):
        if model["family"] in told or model["stage"] == SILENT:
            continue
        told.add(model["family"])
        title = f"{TITLES[model['family']]} {model['model_version']}"
        console.print(f"[bold]{title}[/bold], {model['stage']}", highlight=False)
        for condition in str(model["verdict"]).split("; "):
            for line in wrap(condition, console.width, initial_indent=IN, subsequent_indent=2 * IN):
                console.print(line, highlight=False, markup=False)
    if told:
        console.print()


def _models(api_url: str) -> list[Mapping[str, Any]]:
    try:
        answer = httpx.get(f"{api_url}/models", timeout=DEADLINE_S)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NoModels(error) from error
    found: list[Mapping[str, Any]] = answer.json()["models"]
    return found
