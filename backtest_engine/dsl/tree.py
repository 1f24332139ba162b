"""The tree of a rule: frozen values. Places in the text do not count when trees are compared."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Place:
    """Where a part of the text begins: line and column from 1."""

    line: int
    column: int


NOWHERE = Place(1, 1)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Anything that was written somewhere."""

    at: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Number(Placed):
    """A bare number."""

    value: float


@dataclass(frozen=True)
class Percent(Placed):
    """`value` is as written: 8 for 8%."""

    value: float


@dataclass(frozen=True)
class Duration(Placed):
    """A whole number of days, weeks or years (of 365 days)."""

    value: int
    unit: Literal["days", "weeks", "years"]

    @property
    def days(self) -> int:
        """In days."""
        return self.value * {"days": 1, "weeks": 7, "years": 365}[self.unit]


@dataclass(frozen=True)
class Action(Placed):
    """What the platform's own signal may say."""

    action: Literal["BUY", "HOLD", "SELL"]


@dataclass(frozen=True)
class Name(Placed):
    """A word of the language, a LET, or a set, grade or card compared with."""

    name: str


@dataclass(frozen=True)
class Call(Placed):
    """A word with arguments."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True)
class Minus(Placed):
    """The negative of a value."""

    value: "Expression"


@dataclass(frozen=True)
class Not(Placed):
    """The opposite of a condition."""

    condition: "Expression"


@dataclass(frozen=True)
class Arithmetic(Placed):
    """Two values put together."""

    sign: Literal["+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Comparison(Placed):
    """Two values held against each other."""

    sign: Literal["<", "<=", ">", ">=", "=", "!="]
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Crossing(Placed):
    """True on the day the left passes the right."""

    direction: Literal["ABOVE", "BELOW"]
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Membership(Placed):
    """Whether a set, grade or card is one of those listed."""

    subject: "Expression"
    members: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Every(Placed):
    """AND: at least two conditions."""

    conditions: tuple["Expression", ...]


@dataclass(frozen=True)
class Either(Placed):
    """OR: at least two conditions."""

    conditions: tuple["Expression", ...]


Expression = (
    Number
    | Percent
    | Duration
    | Action
    | Name
    | Call
    | Minus
    | Not
    | Arithmetic
    | Comparison
    | Crossing
    | Membership
    | Every
    | Either
)


@dataclass(frozen=True)
class BuyShare(Placed):
    """Spend at most this part of the equity, fees included."""

    percent: float
    at_most_copies: int | None = None


@dataclass(frozen=True)
class BuyCopies(Placed):
    """Buy so many."""

    copies: int


@dataclass(frozen=True)
class SellAll(Placed):
    """Sell what is held."""


@dataclass(frozen=True)
class SellShare(Placed):
    """Sell this part of what is held."""

    percent: float


@dataclass(frozen=True)
class SellCopies(Placed):
    """Sell so many of those held."""

    copies: int


Deed = BuyShare | BuyCopies | SellAll | SellShare | SellCopies


@dataclass(frozen=True)
class PositionsCap(Placed):
    """So many instruments held at once."""

    positions: int


@dataclass(frozen=True)
class ShareCap(Placed):
    """So much of the equity in one set, card or grade."""

    percent: float
    of: Literal["SET", "CARD", "GRADE"]


Cap = PositionsCap | ShareCap


@dataclass(frozen=True)
class Universe(Placed):
    """What may be bought at all."""

    condition: Expression
    note: str | None = None


@dataclass(frozen=True)
class Let(Placed):
    """A name for a value or condition."""

    name: str
    value: Expression
    note: str | None = None


@dataclass(frozen=True)
class When(Placed):
    """What to do when."""

    condition: Expression
    deed: Deed
    note: str | None = None


@dataclass(frozen=True)
class Rank(Placed):
    """Who comes first when cash is short: the highest."""

    score: Expression
    note: str | None = None


@dataclass(frozen=True)
class Hold(Placed):
    """Caps of the pooled book."""

    caps: tuple[Cap, ...]
    note: str | None = None


@dataclass(frozen=True)
class Note(Placed):
    """A line of its own that begins with #."""

    text: str


@dataclass(frozen=True)
class Blank(Placed):
    """An empty line between others."""


Line = Universe | Let | When | Rank | Hold | Note | Blank


@dataclass(frozen=True)
class Rule:
    """The lines in the order written. Whether they make sense is for `checking`."""

    lines: tuple[Line, ...]
