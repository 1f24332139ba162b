"""The restatement report as lines of text."""

from collections.abc import Iterator
from typing import Any

from cli.asking import dollars

Rows = dict[str, Any]


def restatement_lines(report: Rows) -> Iterator[str]:
    """What became known of the day, bar by bar, then features, signals and later answers."""
    until = report["until"] or "now"
    yield f"{report['day']}  what became known from {report['since']} to {until}"
    bars = report["bars"]
    shown = "" if len(bars) == report["bars_total"] else f", the first {len(bars)} here"
    yield f"bars      {report['bars_total']} restated{shown}"
    for bar in bars:
        yield from bar_lines(bar)
    yield f"features  {len(report['features'])} computed anew"
    for row in report["features"]:
        moved = ", ".join(one["name"] for one in row["moved"]) or "no value moved"
        yield f"  {row['card_id']}:{row['grade_code']}  {row['because']}  {moved}"
    yield f"signals   {len(report['signals'])} of the night said again"
    for signal in report["signals"]:
        yield f"  {signal_line(signal)}"
    yield f"answers   {len(report['answers'])} later signals that knew of it"
    for signal in report["answers"]:
        yield f"  {signal_line(signal)}"


def bar_lines(bar: Rows) -> Iterator[str]:
    """A bar before and after, and a line for each cause."""
    before, after = bar["before"], bar["after"]
    yield (
        f"  {bar['card_id']}:{bar['grade_code']}  {bar['kind']}  {bar['change']}"
        f"  close {close(before)} -> {close(after)}  volume {volume(before)} -> {volume(after)}"
    )
    causes = bar["causes"]
    for cause in causes:
        was, became = dollars(cause["before_cents"]), dollars(cause["after_cents"])
        prices = "" if was == became == "-" else f"  {was} -> {became}"
        yield (
            f"    {cause['known_at']}  {cause['what']}  {cause['subject']} {cause['subject_id']}"
            f"{prices}  by {cause['actor']}: {cause['why']}"
        )
    if bar["causes_total"] > len(causes):
        yield f"    and {bar['causes_total'] - len(causes)} more"


def signal_line(signal: Rows) -> str:
    """Two words on one instrument and horizon."""
    return (
        f"{signal['card_id']}:{signal['grade_code']}  {signal['horizon_days']} days"
        f"  {word(signal['before'])} -> {word(signal['after'])}  {signal['because']}"
    )


def word(said: Rows | None) -> str:
    """An action with its night, or a dash."""
    return "-" if said is None else f"{said['action']} ({said['night']})"


def close(figures: Rows | None) -> str:
    """The close in dollars, or a dash."""
    return dollars(None if figures is None else figures["close_cents"])


def volume(figures: Rows | None) -> str:
    """The volume, or a dash."""
    return "-" if figures is None else str(figures["volume"])
