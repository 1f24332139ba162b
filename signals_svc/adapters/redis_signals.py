"""Writes signals to Redis in pipelines, with short deadlines."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from pydantic import SecretStr
from redis import Redis
from redis.exceptions import RedisError

from kernel.cache import SIGNAL_TTL_S, signal_key
from kernel.errors import Unavailable
from signals_svc.ports.outbox import ServedSignals

BATCH = 500  # commands a round trip
DEADLINE_S = 5


class RedisSignals:
    """Port SignalCache."""

    def __init__(self, url: SecretStr) -> None:
        self._redis = Redis.from_url(
            url.get_secret_value(), socket_connect_timeout=DEADLINE_S, socket_timeout=DEADLINE_S
        )

    def put(self, served: Sequence[ServedSignals]) -> None:
        """Write the signals of these instruments. Raises Unavailable."""
        left = iter(served)
        try:
            while batch := list(islice(left, BATCH)):
                with self._redis.pipeline(transaction=False) as pipeline:
                    for instrument, signals in batch:
                        body = json.dumps(signals, separators=(",", ":"), default=_iso)
                        pipeline.set(signal_key(*instrument), body, ex=SIGNAL_TTL_S)
                    pipeline.execute()
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis did not take the signals: {error}") from error


def _iso(moment: datetime) -> str:
    return moment.isoformat()
