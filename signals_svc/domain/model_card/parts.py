"""What a model card is made of, whatever it is rendered to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plot:
    """A picture as SVG; `name` is its file beside the Markdown, `words` what it shows."""

    name: str
    words: str
    svg: str


@dataclass(frozen=True)
class Sheet:
    """A table; columns after the first hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A heading with what it tells."""

    heading: str
    words: str
    plot: Plot | None = None
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Card:
    """A whole model card. `facts` are shown beside each other, `caveats` before the numbers."""

    title: str
    version: str
    verdict: str
    passed: bool
    facts: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]
    sections: tuple[Section, ...]
