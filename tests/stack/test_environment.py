"""What the product's programs are given: two worlds, no store in common."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stack import secret_store
from stack.catalogue import PARTS, UnknownPart, without
from stack.environment import product_environment
from stack.ports import DEFAULT_PORTS
from stack.site import Site
from stack.state import State
from stack.world import World, Worlds, named

OF_A_WORLD = {
    "PRICER_WORLD",
    "PRICER_REDIS_URL",
    "PRICER_LAKE_BUCKET_PREFIX",
    "PRICER_SIGNAL_FLIPS_TOPIC_ARN",
    "MIGRATIONS_DATABASE_URL",
    "INGESTION_DATABASE_URL",
    "SIGNALS_SVC_DATABASE_URL",
    "API_GW_DATABASE_URL",
}


def site(home: Path, world: World) -> Site:
    state = State(home)
    state.create()
    return Site(
        repository=home,
        state=state,
        instance_id=state.instance_id,
        world=world,
        started_at=datetime(2026, 10, 1, tzinfo=UTC),
        ports=DEFAULT_PORTS,
        secrets=secret_store.load_or_generate(state.secrets_file),
    )


def test_worlds_share_servers_but_no_store(tmp_path: Path) -> None:
    simulated, imported = (product_environment(site(tmp_path, world.value)) for world in (*Worlds,))
    assert simulated.keys() == imported.keys()
    differing = {name for name, value in simulated.items() if value != imported[name]}
    assert differing == OF_A_WORLD


def test_a_world_is_found_by_its_name() -> None:
    assert [named(world.value.name) for world in Worlds] == [world.value for world in Worlds]


def test_nothing_connects_as_superuser_or_owner(tmp_path: Path) -> None:
    environment = product_environment(site(tmp_path, Worlds.SIMULATED.value))
    urls = [value for name, value in environment.items() if name.endswith("_DATABASE_URL")]
    users = {url.split("//")[1].split(":")[0] for url in urls}
    assert users == {"migrations", "ingestion", "signals_svc", "api_gw"}


def test_every_part_with_a_port_has_a_default_one() -> None:
    assert {part.port for part in PARTS if part.port is not None} <= DEFAULT_PORTS.keys()


def test_a_misspelt_part_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownPart, match=r"postgers.*postgres"):
        without(["postgers"])
