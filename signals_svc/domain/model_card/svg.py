"""Plots as SVG of their own: readable on light and dark, in a page and as a file."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, ROW, LEFT, RIGHT, TOP = 700, 26, 260, 76, 14
STYLE = """<style>
.t{font:12px system-ui,sans-serif;fill:#3d444d}.n{font:12px ui-monospace,monospace;fill:#3d444d}
.g{stroke:#d1d9e0;stroke-width:1}.z{stroke:#8c959f;stroke-width:1.5}.band{fill:#1a7f3722}
.s0{fill:#3566b8;stroke:#3566b8}.s1{fill:#b35900;stroke:#b35900}.s2{fill:#1a7f37;stroke:#1a7f37}
.s3{fill:#8250df;stroke:#8250df}.w{stroke-width:2;opacity:.55}
@media (prefers-color-scheme:dark){.t,.n{fill:#c9d1d9}.g{stroke:#30363d}.z{stroke:#7d8590}
.band{fill:#3fb95030}.s0{fill:#79a6f6;stroke:#79a6f6}.s1{fill:#e0914b;stroke:#e0914b}
.s2{fill:#56c271;stroke:#56c271}.s3{fill:#b392f0;stroke:#b392f0}}
</style>"""
SERIES = 4


class Mark(NamedTuple):
    """A row of a chart: a value, with the bounds of its interval if it has one."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    series: int = 0


class Point(NamedTuple):
    """A point of a square plot from 0 to 1; `weight` in 0 to 1 is its size."""

    x: float
    y: float
    series: int
    weight: float = 0.5


def rows_chart(
    marks: Sequence[Mark], *, words: str, band: tuple[float, float] | None = None, bars: bool = True
) -> str:
    """A row a mark, percent on the axis; `band` is where values should be."""
    scale = _Scale(marks, band)
    height = TOP + ROW * len(marks) + 26
    body = [scale.axis(height), _band(scale, band, height)]
    for place, mark in enumerate(marks):
        middle = TOP + ROW * place + ROW / 2
        kind = f"s{mark.series % SERIES}"
        body.append(_text(LEFT - 10, middle + 4, mark.label, "t", "end"))
        told = _percent(mark.value, signed=not bars or scale.low < 0)
        body.append(_text(WIDTH - 6, middle + 4, told, "n", "end"))
        if bars:
            start, end = sorted((scale(0.0), scale(mark.value)))
            body.append(
                f'<rect class="{kind}" x="{start:.1f}" y="{middle - 7:.1f}"'
                f' width="{max(end - start, 1):.1f}" height="14" rx="2"/>'
            )
            continue
        if mark.low is not None and mark.high is not None:
            body.append(
                f'<line class="{kind} w" x1="{scale(mark.low):.1f}" x2="{scale(mark.high):.1f}"'
                f' y1="{middle:.1f}" y2="{middle:.1f}"/>'
            )
        body.append(
            f'<circle class="{kind}" cx="{scale(mark.value):.1f}" cy="{middle:.1f}" r="5"/>'
        )
    return _svg(WIDTH, height, words, body)


SQUARE, MARGIN = 300, 44


def square_plot(
    points: Sequence[Point], *, words: str, x: str, y: str, names: Sequence[str]
) -> str:
    """Points against the diagonal, both axes from 0 to 1."""
    side = SQUARE - MARGIN - 12
    body = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        at_x, at_y = MARGIN + side * tick, 12 + side * (1 - tick)
        body.append(
            _line("g", at_x, 12, at_x, 12 + side) + _line("g", MARGIN, at_y, SQUARE - 12, at_y)
        )
        body.append(_text(at_x, SQUARE - MARGIN + 28, f"{tick:.0%}", "n", "middle"))
        body.append(_text(MARGIN - 6, at_y + 4, f"{tick:.0%}", "n", "end"))
    body.append(_line("z", MARGIN, 12 + side, SQUARE - 12, 12))
    for point in points:
        body.append(
            f'<circle class="s{point.series % SERIES}" fill-opacity=".75"'
            f' cx="{MARGIN + side * point.x:.1f}" cy="{12 + side * (1 - point.y):.1f}"'
            f' r="{3 + 5 * point.weight:.1f}"/>'
        )
    for place, name in enumerate(names):
        body.append(
            f'<circle class="s{place % SERIES}" cx="{SQUARE + 14}" cy="{24 + 22 * place}" r="5"/>'
        )
        body.append(_text(SQUARE + 26, 28 + 22 * place, name, "t"))
    body.append(_text(MARGIN + side / 2, SQUARE + 6, x, "t", "middle"))
    body.append(_text(SQUARE + 14, SQUARE - MARGIN, f"up: {y}", "t"))
    return _svg(WIDTH, SQUARE + 14, words, body)


class _Scale:
    """Values to places on the horizontal axis."""

    def __init__(self, marks: Sequence[Mark], band: tuple[float, float] | None) -> None:
        found = [value for mark in marks for value in mark[1:4] if value is not None]
        found += [0.0, *(band or ())]
        low, high = min(found), max(found)
        margin = 0.04 * (high - low or 1.0)
        self.low, self.high = (low - margin if low < 0 else 0.0), high + margin

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def axis(self, height: float) -> str:
        """Grid lines at round values, the one at zero heavier."""
        step = _round_step(self.high - self.low)
        ticks = range(int(self.low / step) - 1, int(self.high / step) + 2)
        lines = []
        for tick in ticks:
            value = tick * step
            if not self.low <= value <= self.high:
                continue
            at = self(value)
            lines.append(_line("z" if tick == 0 else "g", at, TOP, at, height - 24))
            lines.append(_text(at, height - 8, f"{value:.0%}", "n", "middle"))
        return "".join(lines)


def _percent(value: float, *, signed: bool) -> str:
    """With its sign, but for what rounds to nothing."""
    told = f"{value:+.1%}" if signed else f"{value:.1%}"
    return told if told.strip("+-0.%") else "0.0%"


def _round_step(span: float) -> float:
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0):
        if span / step <= 7:
            return step
    return span / 5


def _band(scale: _Scale, band: tuple[float, float] | None, height: float) -> str:
    if band is None:
        return ""
    start, end = scale(band[0]), scale(band[1])
    return (
        f'<rect class="band" x="{start:.1f}" y="{TOP}" width="{end - start:.1f}"'
        f' height="{height - 24 - TOP:.1f}"/>'
    )


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    told = escape(words)
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{told}</text>'


def _svg(width: float, height: float, words: str, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' role="img" aria-label="{escape(words)}">{STYLE}{"".join(body)}</svg>'
    )
