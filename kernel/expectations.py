"""One expectation of a table's rows, as great-expectations names it, and how it came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expectation:
    """One expectation by its name in great-expectations, with its arguments and its reason."""

    expect: str
    arguments: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class Checked:
    """How one expectation came out. `observed` is the figure or the share that failed it."""

    expectation: Expectation
    success: bool
    observed: str
    examples: Sequence[str]
