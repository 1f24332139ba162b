"""The restatement report as lines of text."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.asking import dollars
from cli.columns import in_columns

Rows = dict[str, Any]


def restatement_lines(report: Rows) -> Iterator[str]:
    """What became known of the day, bar by bar, then features, signals and later answers."""
    until = report["until"] or "now"
    yield f"{report['day']}  what became known from {report['since']} to {until}"
    bars = report["bars"]
    shown = "" if len(bars) == report["bars_total"] else f", the first {len(bars)} here"
    yield f"\nbars: {report['bars_total']:,} restated{shown}"
    for line, bar in zip(in_columns([bar_row(bar) for bar in bars]), bars, strict=True):
        yield f"  {line}"
        yield from cause_lines(bar)
    yield f"\nfeatures: {len(report['features']):,} computed anew"
    yield from _indented([feature_row(row) for row in report["features"]])
    yield f"\nsignals: {len(report['signals']):,} of the night said again"
    yield from _indented([signal_row(signal) for signal in report["signals"]])
    yield f"\nanswers: {len(report['answers']):,} later signals that knew of it"
    yield from _indented([signal_row(signal) for signal in report["answers"]])


def _indented(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    return (f"  {line}" for line in in_columns(rows))


def bar_row(bar: Rows) -> Sequence[str]:
    """A bar before and after."""
    before, after = bar["before"], bar["after"]
    return (
        f"{bar['card_id']}:{bar['grade_code']}",
        bar["kind"],
        bar["change"],
        f"close {close(before)} -> {close(after)}",
        f"volume {volume(before)} -> {volume(after)}",
    )


def cause_lines(bar: Rows) -> Iterator[str]:
    """A line for each cause, the number that `revise_trade` and `judge_by_hand` take at its end."""
    causes = bar["causes"]
    for cause in causes:
        was, became = dollars(cause["before_cents"]), dollars(cause["after_cents"])
        prices = "" if was == became == "-" else f"  {was} -> {became}"
        yield (
            f"    {moment(cause['known_at'])}  {cause['what'].replace('_', ' ')}{prices}"
            f"  by {cause['actor']}: {cause['why']} ({cause['subject']} {cause['subject_id']})"
        )
    if bar["causes_total"] > len(causes):
        yield f"    and {bar['causes_total'] - len(causes)} more"


def feature_row(row: Rows) -> Sequence[str]:
    """Which values of an instrument moved, and why."""
    moved = ", ".join(one["name"] for one in row["moved"]) or "no value moved"
    return (f"{row['card_id']}:{row['grade_code']}", row["because"].replace("_", " "), moved)


def signal_row(signal: Rows) -> Sequence[str]:
    """Two words on one instrument and horizon."""
    return (
        f"{signal['card_id']}:{signal['grade_code']}",
        f"{signal['horizon_days']} days",
        f"{word(signal['before'])} -> {word(signal['after'])}",
        signal["because"].replace("_", " "),
    )


def moment(told: str) -> str:
    """`2024-05-20 00:00` of an ISO moment in UTC."""
    return told[:16].replace("T", " ")


def word(said: Rows | None) -> str:
    """An action with its night, or a dash."""
    return "-" if said is None else f"{said['action']} ({said['night']})"


def close(figures: Rows | None) -> str:
    """The close in dollars, or a dash."""
    return dollars(None if figures is None else figures["close_cents"])


def volume(figures: Rows | None) -> str:
    """The volume, or a dash."""
    return "-" if figures is None else str(figures["volume"])
