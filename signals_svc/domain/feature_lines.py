"""An explained row of features as lines of text."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date

from kernel.series import Kind
from signals_svc.domain.origin import Origin
from signals_svc.domain.told_features import Explained, Told

MOST_NUMBERS = 6  # of prices behind one feature that are listed one by one
LABEL = 24
SELLING: tuple[Kind, ...] = ("trade", "bar")  # a quote sells nothing


def feature_lines(told: Explained) -> Iterator[str]:
    """Heading, a line or two a feature, then the numbered prices they point to."""
    yield (
        f"{told.instrument} on {told.day}, as known at {told.moment.astimezone(UTC):%Y-%m-%d %H:%M}"
        f" UTC"
    )
    kinds = {"trade": "sales", "bar": "a source's own daily bars", "quote": "guide prices"}
    yield (
        f"series in use: {kinds[told.series]}, {told.bars_365} days with a price in the last year;"
        f" last close {dollars(told.close_cents)}"
    )
    yield _stored(told)
    numbers = {id(one): n for n, one in enumerate(told.prices, 1)}
    yield ""
    for feature in told.features:
        yield f"{feature.name:<{LABEL}} {_value(feature.raw):>11}  {_among(feature)}".rstrip()
        yield f"{'':<{LABEL}}   {feature.formula}"
        behind = _behind(feature, told, numbers)
        if behind:
            yield f"{'':<{LABEL}}   {behind}"
    yield ""
    yield f"prices of the {len(told.prices)} that were known, by number"
    for one in told.prices:
        yield _price(numbers[id(one)], one)


def _stored(told: Explained) -> str:
    words = {
        True: "the stored features of the night are the very same",
        False: "the stored features of the night differ: it was built from what was known before",
        None: "no stored features to compare with",
    }
    return words[told.as_stored]


def _value(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"


def _among(feature: Told) -> str:
    if feature.raw is None:
        return "too little is known for it"
    if feature.normalised is None:
        return ""
    return f"{feature.normalised:+.2f} robust sigma among all"


def _behind(feature: Told, told: Explained, numbers: dict[int, int]) -> str:
    """The prices that made its closes, or that it counts, by number."""
    if feature.raw is None:
        return ""
    if feature.name.startswith("trades"):
        return _numbered("from", _counted(feature, told), numbers)
    closes = set(feature.closes)
    counting = (one for one in told.prices if one.left_out is None)
    used = [one for one in counting if (one.instrument, one.kind, _day(one)) in closes]
    if feature.name.startswith("premium"):
        return _numbered("closes of the card's grades, from", used, numbers)
    words = _numbered("from", used, numbers)
    if feature.name.startswith("excess"):
        return f"{words}; against the members of {told.set_id}"
    if feature.name.startswith("rank"):
        return f"{words}; among {told.alive:,} instruments alive"
    return words


def _counted(feature: Told, told: Explained) -> list[Origin]:
    """Sales, or a source's own bars where those count more: two kinds may report the same."""
    span = int(feature.name.rpartition("_")[2])
    by_kind: dict[str, list[Origin]] = {kind: [] for kind in SELLING}
    for one in told.prices:
        recent = (told.day - _day(one)).days < span
        if one.kind in SELLING and recent and one.left_out is None:
            by_kind[one.kind] += [one] if one.instrument == told.instrument else []
    return max(by_kind.values(), key=lambda ones: sum(one.units for one in ones))


def _day(one: Origin) -> date:
    return one.at.astimezone(UTC).date()


def _numbered(words: str, used: Sequence[Origin], numbers: dict[int, int]) -> str:
    found = [numbers[id(one)] for one in used]
    if not found:
        return ""
    if len(found) <= MOST_NUMBERS:
        return f"{words} {', '.join(map(str, found))}"
    return f"{words} {spans(found)}: {len(found)} prices"


def spans(numbers: Sequence[int]) -> str:
    """`3-9, 12` of numbers in order."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(one[0]) if len(one) == 1 else f"{one[0]}-{one[-1]}" for one in parts)


def _price(number: int, one: Origin) -> str:
    units = f" x {one.units}" if one.units != 1 and one.kind != "quote" else ""
    out = f"  LEFT OUT: {one.left_out}" if one.left_out else ""
    at = one.at.astimezone(UTC)
    return (
        f"{number:>5}  {at:%Y-%m-%d %H:%M}  {dollars(one.price_cents):>11}{units}"
        f"  {one.instrument}  {one.kind} {one.price_id}  {one.source}"
        f"  known {known(one)}{out}"
    )


def known(one: Origin) -> str:
    """The day, with the time where it was not at once."""
    moment = one.known_at.astimezone(UTC)
    late = (moment.date() - one.at.astimezone(UTC).date()).days
    return f"{moment:%Y-%m-%d}" + (f", {late} days late" if late > 1 else "")


def dollars(cents: int) -> str:
    """US dollars with two digits."""
    return f"${cents / 100:,.2f}"
