"""Brings the search in line with closes that changed, as the queue tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from api_gw.ports import CardSearch, CloseChanges
from kernel.ids import CardId, GradeCode, Instrument

log = structlog.get_logger()

MOST_MESSAGES = 2000  # a million instruments: more than that is left to the next run


@dataclass(frozen=True)
class Indexed:
    """What one run took out of the queue."""

    messages: int
    instruments: int
    changed: int
    refused: int


async def index_closes(changes: CloseChanges, search: CardSearch) -> Indexed:
    """Until the queue is empty: index, then delete. Raises Unavailable.

    What is not deleted comes again after its timeout: a message nobody can read five times, then
    it is a dead letter. Hearing of a change twice writes nothing.
    """
    messages = instruments = changed = refused = 0
    while messages < MOST_MESSAGES and (taken := await changes.take()):
        for message in taken:
            messages += 1
            told = instruments_told(message.said)
            if told is None:
                refused += 1
                log.warning("close_changes.unreadable", handle=message.handle[:40])
                continue
            changed += await search.index(told)
            instruments += len(told)
            await changes.delete(message)
    return Indexed(messages, instruments, changed, refused)


def instruments_told(said: Mapping[str, Any] | None) -> list[Instrument] | None:
    """The instruments of a message; None for one that is not of this kind."""
    listed = said.get("instruments") if said is not None else None
    if not isinstance(listed, list):
        return None
    pairs = [
        pair
        for pair in listed
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)
    ]
    if len(pairs) != len(listed):
        return None
    return [Instrument(CardId(card), GradeCode(grade)) for card, grade in pairs]
