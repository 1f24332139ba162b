"""Tells the bus which instruments' closes changed, so that the search hears of them."""

from collections.abc import Mapping

import polars as pl
import structlog

from ingestion.ports.announcing import CloseTopic
from ingestion.ports.unit import Unit
from kernel.errors import Unavailable

log = structlog.get_logger()

A_MESSAGE = 500  # instruments; far below the 256 KiB a message may have
INSTRUMENT = ["card_id", "grade_code"]


def announce_closes(
    unit: Unit, topic: CloseTopic
) -> tuple[Mapping[str, object], Unavailable | None]:
    """Publish the work of stage `search` and clear what the bus took; what stopped it, if it did.

    What is flagged is cleared and not published: whoever takes the flag back marks it again.
    Delivery is at least once: a run that dies after publishing and before its commit sends the
    same instruments again, which the search does not mind.
    """
    unit.work.claim("search")
    pending = unit.work.pending("search")
    marked = pending.select(INSTRUMENT).unique().sort(INSTRUMENT)
    flagged = unit.divergences.flagged()
    changed = marked.join(flagged, on=INSTRUMENT, how="anti", maintain_order="left")
    withheld = marked.join(flagged, on=INSTRUMENT, how="semi")
    unit.work.clear("search", pending.join(withheld, on=INSTRUMENT, how="semi"))
    sent, messages, stopped = changed.clear(), 0, None
    for part in changed.iter_slices(A_MESSAGE):
        try:
            topic.publish({"instruments": [list(pair) for pair in part.iter_rows()]})
        except Unavailable as error:
            stopped = error
            break
        sent = pl.concat([sent, part])
        messages += 1
    unit.work.clear("search", pending.join(sent, on=INSTRUMENT, how="semi"))
    told = {"instruments": sent.height, "messages": messages, "withheld": withheld.height}
    log.info("closes.announced", **told)
    return told, stopped
