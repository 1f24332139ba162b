"""Names the stores of each world: simulated and imported sales are never in one store."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class World:
    """`simulated` has the marketplace simulator; without it sales come from files alone."""

    name: str
    simulated: bool
    database: str
    airflow_database: str  # its own: a run that was killed is never resumed in the other world
    bucket_prefix: str
    redis_database: int


class Worlds(Enum):
    SIMULATED = World("simulated", True, "pricer", "airflow", "pricer", 0)
    IMPORTED = World("imported", False, "pricer_imported", "airflow_imported", "pricer-imported", 1)


def named(name: str) -> World:
    return Worlds[name.upper()].value
