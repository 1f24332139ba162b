"""What the product's programs are given: two worlds, no store in common."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stack import secret_store
from stack.bootstrap.databases import MIGRATOR
from stack.bootstrap.platform import migration_stamp
from stack.catalogue import PARTS, Part, UnknownPart, airflow_settings, in_world, without
from stack.environment import of_jobs, of_simulator
from stack.parts import postgres
from stack.parts.postgres import SUPERUSER
from stack.parts.postgres_placement import Placement
from stack.ports import DEFAULT_PORTS
from stack.secret_store import database_secret
from stack.site import Site
from stack.sources import of_sources
from stack.state import State
from stack.world import World, Worlds, named
from tests.fixtures.postgres import DatabaseUrls

OF_A_WORLD = {
    "PRICER_WORLD",
    "PRICER_REDIS_URL",
    "PRICER_LAKE_BUCKET_PREFIX",
    "PRICER_SIGNAL_FLIPS_TOPIC_ARN",
    "INGESTION_DATABASE_URL",
    "SIGNALS_SVC_DATABASE_URL",
    "BACKTEST_SVC_DATABASE_URL",
    "API_GW_DATABASE_URL",
    "MAINTENANCE_DATABASE_URL",
    "PRICER_CLOSES_TOPIC_ARN",
    "PRICER_CLOSES_QUEUE_URL",
}

MARKETPLACE = {
    "PRICER_MARKETPLACE_URL",
    "PRICER_TCGPLAYER_URL",
    "PRICER_SECRETS_PREFIX",
    "PRICER_ETL__SOURCES__EBAY__RATE_LIMIT_PER_MIN",
}

AIRFLOW_OWN = {"airflow_fernet", "airflow_jwt", "airflow_session", "database_airflow"}
JOBS = {
    "database_ingestion",
    "database_signals_svc",
    "database_backtest_svc",
    "database_api_gw",
    "database_maintenance",
    "valkey",
    "s3",
}

# PostgreSQL and Valkey read theirs from files of their own; moto has none.
SECRETS_OF: dict[str, set[str]] = {
    "postgres": set(),
    "valkey": set(),
    "s3": {"s3"},
    "aws": set(),
    "airflow-api": AIRFLOW_OWN,
    "airflow-scheduler": AIRFLOW_OWN | JOBS,
    "airflow-dag-processor": AIRFLOW_OWN,
    "simulator": {"marketplace_token"},
    "api_gw": {"database_api_gw", "valkey", "airflow_password", "admin_token"},
    "signals_svc": {"database_signals_svc", "s3", "admin_token"},
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


def secrets_in(environment: Mapping[str, str], secrets: Mapping[str, str]) -> set[str]:
    said = " ".join(environment.values())
    return {name for name, value in secrets.items() if value in said}


def test_every_part_has_its_secrets_listed_here() -> None:
    assert SECRETS_OF.keys() == {part.name for part in PARTS}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_is_told_its_own_secrets_and_no_other(part: Part, tmp_path: Path) -> None:
    here = site(tmp_path, Worlds.SIMULATED.value)
    if part.name == "postgres":  # made here it would create a cluster first
        program = postgres.program(Placement(tmp_path, tmp_path, None), port=1)
    else:
        program = part.program(here)
    assert secrets_in(program.environment, here.secrets) == SECRETS_OF[part.name]


def test_only_the_migrations_log_in_as_migrator(tmp_path: Path) -> None:
    here = site(tmp_path, Worlds.SIMULATED.value)
    told = secrets_in(of_jobs(here), here.secrets)
    assert told == JOBS
    assert not {database_secret(MIGRATOR), database_secret(SUPERUSER)} & set().union(
        *SECRETS_OF.values()
    )


def test_the_simulator_is_told_what_a_person_has_set_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICER_SIMULATOR_CARDS", "80")
    monkeypatch.setenv("PRICER_SOURCE_DEADLINE_S", "5")
    told = of_simulator(site(tmp_path, Worlds.SIMULATED.value))
    assert told["PRICER_SIMULATOR_CARDS"] == "80"
    assert "PRICER_SOURCE_DEADLINE_S" not in told


def test_worlds_share_servers_but_no_store(tmp_path: Path) -> None:
    simulated, imported = (of_jobs(site(tmp_path, world.value)) for world in (*Worlds,))
    sources = of_sources(site(tmp_path, Worlds.SIMULATED.value)).keys()
    assert simulated.keys() - imported.keys() == sources > MARKETPLACE
    differing = {name for name, value in imported.items() if value != simulated[name]}
    assert differing == OF_A_WORLD


def test_the_imported_world_has_no_marketplace(tmp_path: Path) -> None:
    parts = in_world(Worlds.IMPORTED.value, PARTS)
    assert {part.name for part in PARTS} - {part.name for part in parts} == {"simulator"}
    here = site(tmp_path, Worlds.IMPORTED.value)
    for part in parts:
        if part.name != "postgres":
            told = part.program(here).environment
            assert not MARKETPLACE & told.keys()
            assert here.secrets["marketplace_token"] not in told.values()


def test_a_fetch_from_the_marketplace_in_the_imported_world_says_what_is_not_set(
    tmp_path: Path, repository: Path, database: DatabaseUrls
) -> None:
    told = of_jobs(site(tmp_path, Worlds.IMPORTED.value)) | {
        "PRICER_CONFIG": str(repository / "pricer.yaml"),
        "INGESTION_DATABASE_URL": database.ingestion,
    }
    words = ("job", "fetch", "--source", "marketplace", "--date", "2026-09-30")
    done = subprocess.run(
        [sys.executable, "-m", "ingestion", *words],
        cwd=repository,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "set PRICER_MARKETPLACE_URL and store the secret" in done.stderr


def test_a_world_has_an_airflow_database_of_its_own(tmp_path: Path) -> None:
    urls = {
        airflow_settings(site(tmp_path, world.value))["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        for world in Worlds
    }
    assert {url.rpartition("/")[2] for url in urls} == {"airflow", "airflow_imported"}
    stamps = {migration_stamp(site(tmp_path, world.value)) for world in Worlds}
    assert len(stamps) == 2


def test_a_clock_starts_an_ingest_only_where_there_is_a_marketplace(tmp_path: Path) -> None:
    told = {w: airflow_settings(site(tmp_path, w.value))["PRICER_NIGHTLY_INGEST"] for w in Worlds}
    assert told == {Worlds.SIMULATED: "on", Worlds.IMPORTED: "off"}


def test_a_world_is_found_by_its_name() -> None:
    assert [named(world.value.name) for world in Worlds] == [world.value for world in Worlds]


def test_every_part_with_a_port_has_a_default_one() -> None:
    assert {part.port for part in PARTS if part.port is not None} <= DEFAULT_PORTS.keys()


def test_a_misspelt_part_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownPart, match=r"postgers.*postgres"):
        without(["postgers"])
