"""Every word a rule may use for a value: its unit, its arguments, what it means."""

from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """What a value is counted in. A bare number takes the unit of what it stands beside."""

    PRICE = "a price"
    RATIO = "a percentage"
    COUNT = "a count"
    DAYS = "a number of days"
    NUMBER = "a plain number"
    BARE = "a bare number"
    CONDITION = "a condition"
    ACTION = "an action"
    SET = "a set"
    GRADE = "a grade"
    CARD = "a card"


NAMED = frozenset({Unit.SET, Unit.GRADE, Unit.CARD})
MEASURED = frozenset(Unit) - NAMED - {Unit.CONDITION, Unit.ACTION}


class Argument(Enum):
    """What an argument must be."""

    SERIES = "a value that has a history, as close"
    WINDOW = "a number of days, as 30"
    WIDTH = "a plain number, as 2"


@dataclass(frozen=True)
class Word:
    """`unit` None: that of its series. `series_optional`: without it the close is meant."""

    name: str
    unit: Unit | None
    meaning: str
    arguments: tuple[Argument, ...] = ()
    series_optional: bool = False
    of_position: bool = False

    @property
    def example(self) -> str:
        """How it is written."""
        shown = {Argument.SERIES: "close", Argument.WINDOW: "30", Argument.WIDTH: "2"}
        kinds = self.arguments[1:] if self.series_optional else self.arguments
        given = ", ".join(shown[kind] for kind in kinds)
        return f"{self.name}({given})" if kinds else self.name


_S, _N, _K = Argument.SERIES, Argument.WINDOW, Argument.WIDTH


def _of_series(name: str, unit: Unit | None, meaning: str) -> Word:
    return Word(name, unit, meaning, (_S, _N), series_optional=True)


WORDS = {
    word.name: word
    for word in (
        Word("open", Unit.PRICE, "open of the last bar"),
        Word("high", Unit.PRICE, "highest price of the last bar"),
        Word("low", Unit.PRICE, "lowest price of the last bar"),
        Word("close", Unit.PRICE, "close of the last bar, missing when older than 45 days"),
        Word("volume", Unit.COUNT, "copies sold that day, 0 without a sale"),
        Word("days_since_sale", Unit.DAYS, "days since the last bar, missing after 365"),
        Word("set", Unit.SET, "the set of the card"),
        Word("grade", Unit.GRADE, "the grade of the instrument"),
        Word("card", Unit.CARD, "the card of the instrument"),
        _of_series("sma", None, "mean of the last n days, each with its last known close"),
        _of_series("ema", None, "mean weighted by (1 - 2 / (n + 1))^age over the last 4 n days"),
        _of_series("highest", None, "highest of the last n days"),
        _of_series("lowest", None, "lowest of the last n days"),
        _of_series("momentum", Unit.RATIO, "value over the value n days before, minus 1"),
        _of_series("zscore", Unit.NUMBER, "(value - mean) / deviation of the last n days"),
        Word("rsi", Unit.NUMBER, "100 x rises / (rises + falls) of the last n days", (_N,)),
        Word("bollinger_upper", Unit.PRICE, "sma(n) + k deviations of the n days", (_N, _K)),
        Word("bollinger_lower", Unit.PRICE, "sma(n) - k deviations of the n days", (_N, _K)),
        Word(
            "atr", Unit.PRICE, "mean true range of the bars of the last n days, at least 2", (_N,)
        ),
        Word(
            "volatility",
            Unit.RATIO,
            "sqrt(365 x sum r^2 / sum gap days) of n days, at least 8 returns",
            (_N,),
        ),
        Word("drawdown", Unit.RATIO, "close / highest(n) - 1, never above 0", (_N,)),
        Word("liquidity", Unit.COUNT, "copies sold in the last n days", (_N,)),
        Word(
            "set_index", Unit.RATIO, "median momentum(n) of the set, at least 3 instruments", (_N,)
        ),
        Word("rank", Unit.RATIO, "place among all alive that day, near 1 for the highest", (_S,)),
        Word("grade_premium", Unit.NUMBER, "log of the card's PSA 10 close over its raw close"),
        Word("signal", Unit.ACTION, "the platform's signal then: BUY, HOLD or SELL"),
        Word("conviction", Unit.RATIO, "probability that the signal's label comes true"),
        Word("expected_return", Unit.RATIO, "the signal's expected return before costs"),
        Word("risk", Unit.RATIO, "the signal's risk, a year's deviation"),
        Word("utility", Unit.RATIO, "expected return less the price of its risk"),
        Word("holding_days", Unit.DAYS, "days since the first copy was bought", of_position=True),
        Word("pnl", Unit.RATIO, "close over entry_price, minus 1", of_position=True),
        Word("entry_price", Unit.PRICE, "mean price paid, before fees", of_position=True),
        Word("copies_held", Unit.COUNT, "copies held", of_position=True),
    )
}
