"""Small markets for tests: written out bar by bar, or drawn at random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backtest_engine.arrays import Floats
from backtest_engine.assumptions import Assumptions
from backtest_engine.dsl.checking import understand
from backtest_engine.market import Market
from backtest_engine.result import Result
from backtest_engine.run import backtest

FIRST_DAY = 19_000


@dataclass(frozen=True)
class Bar:
    """A flat bar; `happened` where it is of an earlier day than it became known on."""

    day: int
    price: float
    volume: float = 1.0
    happened: int | None = None
    low: float | None = None
    close: float | None = None


def market_of(
    bars: Sequence[Sequence[Bar]],
    days: int,
    *,
    quotes: Sequence[bool] | None = None,
    names: Sequence[tuple[str, str, str]] | None = None,
) -> Market:
    """`bars` by instrument; `names` are (card, set, grade)."""
    n = len(bars)
    shape = (n, days)
    opens, lows, closes = (np.full(shape, np.nan) for _ in range(3))
    volume, happened = np.zeros(shape), np.zeros(shape, np.int64)
    for row, of_one in enumerate(bars):
        for bar in of_one:
            opens[row, bar.day] = bar.price
            lows[row, bar.day] = bar.low or bar.price
            closes[row, bar.day] = bar.close or bar.price
            volume[row, bar.day] = bar.volume
            happened[row, bar.day] = FIRST_DAY + (bar.day if bar.happened is None else bar.happened)
    names = names or [(f"card{row}", "base1", "raw") for row in range(n)]
    cards, sets, grades = zip(*names, strict=True)
    return Market(
        first_day=FIRST_DAY,
        open=opens,
        high=np.fmax(opens, closes),
        low=np.fmin(lows, closes),
        close=closes,
        volume=volume,
        happened=happened,
        quotes=np.array(quotes or [False] * n),
        cards=cards,
        sets=sets,
        grades=grades,
    )


def drawn_market(seed: int, *, instruments: int = 12, days: int = 240) -> Market:
    """Random walks with gaps, three grades a card and two sets, volumes 0 to 3, one of quotes."""
    chance = np.random.default_rng(seed)
    shape = (instruments, days)
    close = np.exp(3 + np.cumsum(chance.normal(0, 0.04, shape), axis=1))
    gone = chance.random(shape) < 0.5
    spread = np.abs(chance.normal(0, 0.02, (3, *shape)))
    opens = close * (1 + spread[0] - spread[1])
    columns = {
        "open": opens,
        "high": np.maximum(close, opens) * (1 + spread[2]),
        "low": np.minimum(close, opens) * (1 - spread[2]),
        "close": close,
    }
    grades = ("raw", "psa9", "psa10")
    happened = np.arange(days) - (chance.random(shape) < 0.2)  # some are known a day late
    return Market(
        first_day=FIRST_DAY,
        **{name: np.where(gone, np.nan, column) for name, column in columns.items()},
        volume=np.where(gone, 0.0, chance.integers(0, 4, shape).astype(float)),
        happened=FIRST_DAY + happened.astype(np.int64),
        quotes=np.arange(instruments) % 7 == 6,
        cards=tuple(f"card{row // 3}" for row in range(instruments)),
        sets=tuple(("base1", "neo1")[row // 3 % 2] for row in range(instruments)),
        grades=tuple(grades[row % 3] for row in range(instruments)),
        signals=drawn_signals(chance, shape),
    )


def drawn_signals(chance: np.random.Generator, shape: tuple[int, int]) -> Mapping[str, Floats]:
    return {
        "signal": chance.choice([1.0, 0.0, -1.0, np.nan], shape),
        "conviction": chance.random(shape),
        "expected_return": chance.normal(0, 0.1, shape),
        "risk": chance.random(shape),
        "utility": chance.normal(0, 0.1, shape),
    }


def run(
    rule: str, market: Market, *, first: int = 0, capital: float = 1_000.0, **terms: object
) -> Result:
    return backtest(understand(rule), market, Assumptions(capital, **terms), first=first)  # type: ignore[arg-type]
