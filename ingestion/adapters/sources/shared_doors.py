"""What all processes share about the sources they ask: one Redis for limit and breaker."""

from pydantic import SecretStr
from redis import Redis

from ingestion.adapters.sources.breaker import Breaker, LocalBreaker, RedisBreaker
from ingestion.adapters.sources.limits import Limit, LocalLimit, RedisLimit

DEADLINE_S = 2  # of one round trip


def shared_doors(url: SecretStr | None) -> tuple[Limit, Breaker]:
    """Limit and breaker of all processes; without Redis each process keeps its own."""
    if url is None:
        return LocalLimit(), LocalBreaker()
    redis = Redis.from_url(
        url.get_secret_value(), socket_connect_timeout=DEADLINE_S, socket_timeout=DEADLINE_S
    )
    return RedisLimit(redis), RedisBreaker(redis)
