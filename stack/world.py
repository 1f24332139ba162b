"""Names the stores of each world: simulated and imported sales are never in one store."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class World:
    name: str
    database: str
    bucket_prefix: str
    redis_database: int


class Worlds(Enum):
    SIMULATED = World("simulated", "pricer", "pricer", 0)
    IMPORTED = World("imported", "pricer_imported", "pricer-imported", 1)


def named(name: str) -> World:
    return Worlds[name.upper()].value
