"""Takes series out of Redis. A Redis that is away costs readers some minutes and never the job."""

from collections.abc import Sequence

import structlog
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import RedisError

from kernel.cache import REFILLED_SERIES_TTL_S, series_key
from kernel.ids import Instrument

BATCH = 500  # keys a round trip
DEADLINE_S = 5

log = structlog.get_logger()


class RedisSeries:
    """Port SeriesCache."""

    def __init__(self, url: SecretStr) -> None:
        self._redis = Redis.from_url(
            url.get_secret_value(), socket_connect_timeout=DEADLINE_S, socket_timeout=DEADLINE_S
        )

    def forget(self, instruments: Sequence[Instrument]) -> None:
        """Take their series out; one warning if Redis does not answer."""
        keys = [series_key(*instrument) for instrument in instruments]
        try:
            for begin in range(0, len(keys), BATCH):
                self._redis.unlink(*keys[begin : begin + BATCH])
        except (RedisError, OSError) as error:
            log.warning("series.not_forgotten", error=str(error), stale_s=REFILLED_SERIES_TTL_S)


class NoSeries:
    """The port where no Redis is set up."""

    def forget(self, instruments: Sequence[Instrument]) -> None:
        """Nothing is kept."""
