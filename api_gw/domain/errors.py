"""What a caller may ask for that is not there. Each says where to look instead."""

from collections.abc import Sequence
from datetime import datetime

from kernel.errors import NotFound


class UnknownCard(NotFound):
    """No card has this id."""

    def __init__(self, card_id: str) -> None:
        super().__init__(f"There is no card {card_id!r}. Find its id with /search?q=<name>.")


class UnknownSet(NotFound):
    """No set has this id or name."""

    def __init__(self, said: str, like: Sequence[str]) -> None:
        nearest = f" The most similar are {', '.join(like)}." if like else ""
        super().__init__(f"There is no set {said!r}.{nearest}")


class NoCohorts(NotFound):
    """No night has told of the set's cards together."""

    def __init__(self, set_id: str, horizon: int) -> None:
        super().__init__(
            f"No night has told what moves cards of {set_id!r} over {horizon} days together;"
            " that takes five cards of one tier of liquidity, and trees that speak."
        )


class UnknownGrade(NotFound):
    """No grade has this code."""

    def __init__(self, grade_code: str) -> None:
        super().__init__(
            f"There is no grade {grade_code!r}. Grades are written raw, psa10, psa9, cgc9.5, bgs10."
        )


class NoPrice(NotFound):
    """The card has no price in this grade that was known at the moment."""

    def __init__(
        self, card_id: str, grade_code: str, priced: Sequence[str], as_of: datetime | None
    ) -> None:
        then = f" known by {as_of.isoformat()}" if as_of else ""
        there = f"It has prices as {', '.join(priced)}." if priced else "It has none in any grade."
        super().__init__(f"Card {card_id!r} has no price as {grade_code}{then}. {there}")


class NoSignal(NotFound):
    """The instrument has a price but no signal for the horizon."""

    def __init__(
        self, card_id: str, grade_code: str, horizon: int, horizons: Sequence[int]
    ) -> None:
        there = (
            f"Horizons with a signal: {', '.join(map(str, horizons))} days."
            if horizons
            else "It has none for any horizon yet; signals follow the nightly run."
        )
        super().__init__(f"There is no {horizon}-day signal for {card_id}:{grade_code}. {there}")


class UnknownBackfill(NotFound):
    """No backfill has this run id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no backfill {run_id!r}. POST /admin/backfills tells its id.")


class UnknownModel(NotFound):
    """No version of this name is registered."""

    def __init__(self, version: str) -> None:
        super().__init__(f"There is no model {version!r}. GET /models names them.")


class UnknownStageRun(NotFound):
    """No change of a stage has this run id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id!r}. POST /admin/models/<version> tells its id.")
