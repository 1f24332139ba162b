"""What the cache holds, read and written as kernel/cache.py says. ValueError for anything else."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from api_gw.domain.bars import Bar, BarsByKind, Move
from api_gw.domain.divergence import Disagreement, Divergent
from api_gw.domain.signals import Reason, Signal
from kernel.cache import SIGNAL_FIELDS, pack, unpack
from kernel.series import KINDS


def signals_to_cache(signals: Sequence[Signal]) -> bytes:
    """The newest signal of each horizon of one instrument."""
    rows = [{name: getattr(signal, name) for name in SIGNAL_FIELDS} for signal in signals]
    for row in rows:
        row["asof_ts"] = row["asof_ts"].isoformat()
        row["reasons"] = [reason._asdict() for reason in row["reasons"]]
    return json.dumps(rows, separators=(",", ":")).encode()


def signals_from_cache(body: bytes) -> tuple[Signal, ...]:
    """What the nightly run or a refill wrote. Raises ValueError."""
    try:
        return tuple(signal_from(row) for row in json.loads(body))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the signals of an instrument: {error}") from error


def signal_from(row: dict[str, object]) -> Signal:
    """A signal from its fields as JSON has them. Raises ValueError, KeyError or TypeError."""
    fields = {name: row[name] for name in SIGNAL_FIELDS}
    fields["asof_ts"] = aware(str(fields["asof_ts"]))
    fields["reasons"] = reasons_from(fields["reasons"])
    for name in ("conviction", "expected_return", "risk", "utility"):
        value = fields[name]
        fields[name] = None if value is None else float(str(value))
    return Signal(**fields)  # type: ignore[arg-type] # read from JSON; a response model checks it


def aware(text: str) -> datetime:
    """A moment with its offset. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return moment


def reasons_from(rows: object) -> tuple[Reason, ...]:
    """Reasons from their JSON. Raises KeyError or TypeError."""
    if not isinstance(rows, list):
        raise TypeError("reasons are a list")
    return tuple(Reason(row["code"], row["value"], row["words"]) for row in rows)


def series_to_cache(bars: BarsByKind) -> bytes:
    """All bars of one instrument."""
    return pack({kind: [tuple(bar) for bar in series] for kind, series in bars.items()})


def series_from_cache(body: bytes) -> BarsByKind:
    """What a refill wrote. Raises ValueError."""
    try:
        rows = unpack(body)
        return {
            kind: tuple(Bar(date.fromisoformat(day), *numbers) for day, *numbers in rows[kind])
            for kind in KINDS
            if kind in rows
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the bars of an instrument: {error}") from error


def moves_to_cache(moves: Sequence[Move]) -> bytes:
    """The largest changes of one direction."""
    return pack([vars(move) for move in moves])


def moves_from_cache(body: bytes) -> list[Move]:
    """What `moves_to_cache` made. Raises ValueError."""
    try:
        return [
            Move(**{**row, **{end: date.fromisoformat(row[end]) for end in ("from_day", "to_day")}})
            for row in unpack(body)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a list of moves: {error}") from error


def flags_to_cache(flags: Mapping[str, Divergent]) -> bytes:
    """By grade the flags of one card."""
    return json.dumps(
        {grade: [flag.since.isoformat(), list(flag.why)] for grade, flag in flags.items()},
        separators=(",", ":"),
    ).encode()


def flags_from_cache(body: bytes) -> dict[str, Divergent]:
    """What `flags_to_cache` made. Raises ValueError."""
    try:
        return {
            grade: Divergent(aware(since), tuple(Disagreement(str(r), float(q)) for r, q in why))
            for grade, (since, why) in json.loads(body).items()
        }
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not the flags of a card: {error}") from error
