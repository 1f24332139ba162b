"""Instruments are taken in pieces that fit into memory, each of them once."""

from typing import NamedTuple

import polars as pl
import pytest

from ingestion.domain.pieces import FIRST, GROWTH, ROWS, in_pieces


class Read(NamedTuple):
    """What a piece came to."""

    read: int
    cards: list[str]


def instruments(count: int) -> pl.DataFrame:
    """Each with two rows of work."""
    cards = [f"card-{number}" for number in range(count)] * 2
    return pl.DataFrame({"card_id": cards, "grade_code": "psa9", "day": 1})


def taken(count: int, rows_each: int) -> list[list[str]]:
    def work(piece: pl.DataFrame) -> Read:
        return Read(rows_each * piece.height, piece.get_column("card_id").to_list())

    return [done.cards for done in in_pieces(instruments(count), work)]


def test_each_instrument_is_in_one_piece() -> None:
    pieces = taken(5000, 100)
    assert len(pieces) > 2
    assert sorted(card for piece in pieces for card in piece) == sorted(
        f"card-{number}" for number in range(5000)
    )


def test_pieces_grow_while_little_is_read_of_them() -> None:
    sizes = [len(piece) for piece in taken(5000, 100)]
    assert sizes[:3] == [FIRST, FIRST * GROWTH, ROWS // 100]


@pytest.mark.parametrize("rows_each", [10_000, 10 * ROWS])
def test_pieces_shrink_where_much_is_read_of_each_and_never_to_nothing(rows_each: int) -> None:
    _, *sizes = (len(piece) for piece in taken(200, rows_each))
    assert set(sizes[:-1]) == {max(1, ROWS // rows_each)}


def test_no_work_is_no_piece() -> None:
    assert taken(0, 1) == []
