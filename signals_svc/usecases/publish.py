"""Tells readers and other services what changed: signals to the cache, flips to the bus."""

from datetime import datetime, timedelta

from kernel.cache import SIGNAL_TTL_S
from kernel.errors import Unavailable
from signals_svc.domain.signal import Flip
from signals_svc.ports.outbox import FlipTopic, Outbox, SignalCache

BATCH = 200


def refresh_cache(outbox: Outbox, cache: SignalCache, *, now: datetime) -> int:
    """Write every instrument whose signals changed while a cached copy may still live.

    Returns how many. Raises Unavailable.
    """
    served = outbox.served(since=now - timedelta(seconds=SIGNAL_TTL_S))
    cache.put(served)
    return len(served)


def send_flips(
    outbox: Outbox, topic: FlipTopic, *, now: datetime
) -> tuple[int, Unavailable | None]:
    """Send one batch of the outbox, oldest first, and mark what the bus took.

    Returns how many it took and what stopped it; what it did not take stays in the outbox.
    """
    taken: list[Flip] = []
    stopped = None
    for flip in outbox.unpublished(limit=BATCH):
        try:
            topic.publish(message_of(flip))
        except Unavailable as error:
            stopped = error
            break
        taken.append(flip)
    outbox.published(taken, now=now)
    return len(taken), stopped


def message_of(flip: Flip) -> dict[str, object]:
    """What subscribers read of a flip."""
    return {
        "card_id": flip.card_id,
        "grade_code": flip.grade_code,
        "horizon_days": flip.horizon_days,
        "asof_ts": flip.asof_ts.isoformat(),
        "from": flip.from_action,
        "to": flip.to_action,
        "conviction": flip.conviction,
        "model_version": flip.model_version,
    }
