"""Keeps how far the collection of a source has come, piece by piece."""

from collections.abc import Sequence

from ingestion.domain.records import Window
from ingestion.domain.rounds import Round, next_round, round_of, still_to_ask
from ingestion.ports.unit import Unit

ROUND = "round"
ASKED = "asked "  # before a subject: the round that asked it last


def go_on(
    unit: Unit, source: str, window: Window, subjects: Sequence[str], *, owes: bool = False
) -> tuple[Round, list[str]]:
    """The round of this window, and the subjects it has not asked yet. Nothing is written.

    `owes` as `next_round`.
    """
    this = next_round(last_round(unit, source), window, owes=owes)
    asked = {
        stream.removeprefix(ASKED): int(number)
        for stream, number in unit.cursors.positions(source, ASKED).items()
    }
    return this, still_to_ask(subjects, asked, this.number)


def keep_round(unit: Unit, source: str, this: Round, subjects: Sequence[str]) -> None:
    """Note a round and the subjects it has just asked, with what they told, in one transaction."""
    unit.cursors.move(source, this.text(), ROUND)
    unit.cursors.move_all(source, str(this.number), [ASKED + subject for subject in subjects])


def last_round(unit: Unit, source: str) -> Round | None:
    """The newest round of a source, over or not."""
    text = unit.cursors.position(source, ROUND)
    return round_of(text) if text else None
