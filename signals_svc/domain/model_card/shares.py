"""Sections of a card about what a model reads: gain of splits, shares of attention."""

from collections.abc import Mapping

from signals_svc.domain.input_words import looked_at_words
from signals_svc.domain.model_card.parts import Plot, Section
from signals_svc.domain.model_card.svg import Mark, rows_chart

SHOWN = 15


def importance(
    shares: Mapping[str, float], *, words: str, heading: str = "What it reads"
) -> Section:
    """The largest shares first."""
    first = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
    svg = rows_chart([Mark(name, share) for name, share in first], words=words)
    return Section(heading, words, Plot("importance", words, svg))


def attention(shares: Mapping[str, float]) -> list[Section]:
    """Of a sequence forecaster: inputs, and past weeks, the newest first."""
    inputs = {
        _input_words(name): share for name, share in shares.items() if not name.startswith("week.")
    }
    weeks = [share for name, share in shares.items() if name.startswith("week.")]
    words = (
        "Mean share of attention to each input within its group (fixed, past, ahead)."
        " It is what the model looked at, not why prices move."
    )
    marks = [
        Mark("last week" if place == 0 else f"{place + 1} weeks ago", share, series=1)
        for place, share in enumerate(weeks[:13])
    ]
    told = "Mean share of attention to past weeks, the quarter before the forecast."
    plot = Plot("weeks", told, rows_chart(marks, words=told))
    return [
        importance(inputs, words=words, heading="What it looked at"),
        Section("How far back it looked", told, plot),
    ]


def _input_words(name: str) -> str:
    """`fixed.sigma` as people call it, with its group."""
    group, _, own = name.partition(".")
    return f"{looked_at_words(own)} ({group})"
