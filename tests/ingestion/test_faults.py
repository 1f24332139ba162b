"""Killed in mid-load: a job, PostgreSQL, Valkey or S3; after a rerun all is as if nothing was.

Each case holds one job where it has written and not yet committed, by a lock it needs next, kills,
and runs the night again. The servers are this module's own.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import psutil
import psycopg
import pytest
from botocore.config import Config

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.publish_curated import publish_curated
from kernel.lake import Lake
from stack.bootstrap.databases import MIGRATOR, SERVICES, create_database
from stack.bootstrap.lake import create_buckets
from stack.parts.postgres import SUPERUSER
from stack.parts.s3 import REGION
from stack.ports import PortBook
from tests.fixtures.postgres import TEMPLATE
from tests.ingestion.conftest import BASE, CARDS, CSV_HEADER, World
from tests.ingestion.own_servers import OwnServers, own_servers

NAME = "plain_sales"
NIGHTS = {
    date(2024, 5, 1): [
        *(f"base1-4,psa9,{100 + n}.00,2024-05-01T1{n}:00:00Z,s{n}" for n in range(9)),
        "base1-4,psa9,9000.00,2024-05-01T20:00:00Z,far",  # an outlier
        "base9-9,psa9,1.00,2024-05-01T20:00:00Z,unknown",  # for quarantine
    ],
    date(2024, 5, 2): [
        "base1-4,psa9,120.00,2024-05-01T10:00:00Z,s0",  # corrected
        "base1-4,psa9,9500.00,2024-05-02T20:00:00Z,far2",
        "base1-2,raw,20.00,2024-04-30T09:00:00Z,r1",  # late, of another month
    ],
}
LAST = max(NIGHTS)

# Where a job is held: it has written, and waits for this before it can commit. An advisory lock
# is what it claims before it reads the lake.
AFTER_ITS_ROWS = {
    "fetch": "lock table market.loads in exclusive mode",
    "load_trades": "lock table market.loads in exclusive mode",
    "judge_outliers": "lock table market.dirty in exclusive mode",
    "build_bars": "lock table market.dirty in exclusive mode",
}
CLAIM = "select pg_advisory_xact_lock(hashtext('market.work'), hashtext('{}'))"
BEFORE_THE_LAKE = {
    "load_trades": CLAIM.format(f"load {NAME}"),
    "publish_curated": CLAIM.format("curated"),
    "build_bars": CLAIM.format("bars"),
}
STEPS = ("fetch", "validate", "load_trades", "judge_outliers", "build_bars", "publish_curated")
HELD_WITHIN_S = 30

numbers = count(1)


@dataclass(frozen=True)
class Night:
    """A world on the module's own servers, and its nights step by step."""

    world: World
    environment: Mapping[str, str]
    folder: Path

    def arguments(self, step: str, day: date) -> list[str]:
        """The job's own options."""
        of_day = ["--source", NAME, "--date", str(day)]
        path = ["--path", str(self.folder / f"{day}.csv")]
        return {"fetch": [*of_day, *path], "load_trades": of_day}.get(step, [])

    def start(self, step: str, day: date) -> subprocess.Popen[str]:
        """The job in a process of its own, as Airflow runs it."""
        return subprocess.Popen(
            [sys.executable, "-m", "ingestion", "job", step, *self.arguments(step, day)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def step(self, name: str, day: date) -> None:
        """One step in this process."""
        source = FileSource(find_format(NAME))
        if name == "fetch":
            self.world.fetch(source, self.folder / f"{day}.csv", day, None)
        elif name == "validate":
            self.world.validate(source, day)
        elif name == "load_trades":
            self.world.load(source, day)
        elif name == "judge_outliers":
            judge_outliers(self.world.unit)
        elif name == "build_bars":
            with self.world.unit() as unit:
                build_bars(unit)
        elif name == "publish_curated":
            with self.world.unit() as unit:
                publish_curated(unit)

    def until(self, step: str) -> None:
        """Everything before the step of the last night."""
        for day in NIGHTS:
            for name in STEPS:
                if (name, day) == (step, LAST):
                    return
                self.step(name, day)

    def again(self) -> None:
        """The last night from its beginning, as an operator or the next schedule runs it."""
        for name in STEPS:
            self.step(name, LAST)

    def left(self) -> dict[str, Any]:
        """What the tables and the curated zone hold."""
        curated = {
            key: pl.read_parquet(self.world.lake.get("curated", key)).rows()
            for key in self.world.lake.keys("curated", "")
        }
        return {**self.world.digest(), "verdicts": self.verdicts(), "curated": curated}

    def verdicts(self) -> list[tuple[Any, ...]]:
        return self.world.rows(
            "select subject_id, known_at, verdict, rule from market.outlier_verdicts order by 1, 2"
        )


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory,
    repository: Path,
    port_book: PortBook,
    first_port: int,
) -> Iterator[OwnServers]:
    home = tmp_path_factory.mktemp("own")
    with own_servers(home, repository=repository, ports=port_book, first=first_port) as started:
        yield started


Nights = Callable[[], Night]


@pytest.fixture
def nights(servers: OwnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """Makes worlds on the module's servers."""
    for day, lines in NIGHTS.items():
        (tmp_path / f"{day}.csv").write_text("\n".join([CSV_HEADER, *lines, ""]))
    access = {
        "AWS_ENDPOINT_URL_S3": servers.s3_url,
        "AWS_ACCESS_KEY_ID": servers.s3_keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": servers.s3_keys.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }
    for name, value in access.items():
        monkeypatch.setenv(name, value)

    def make() -> Night:
        name = f"fault{next(numbers)}"
        create_database(servers.cluster, name, owner=MIGRATOR, users=SERVICES, template=TEMPLATE)
        client = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
        create_buckets(client, prefix=name)
        url, superuser = (servers.cluster.url(role, name) for role in ("ingestion", SUPERUSER))
        world = World(url, superuser, Lake(name))
        with world.unit() as unit:
            load_catalog(unit, [BASE], CARDS)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PRICER_")}
        told = {
            "INGESTION_DATABASE_URL": url,
            "PRICER_LAKE_BUCKET_PREFIX": name,
            "PRICER_REDIS_URL": servers.valkey_url,
        }
        return Night(world, {**kept, **access, **told}, tmp_path)

    return make


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What a quiet run leaves, once it was seen."""
    return {}


@pytest.fixture
def quiet(nights: Nights, undisturbed: dict[str, Any]) -> dict[str, Any]:
    if not undisturbed:
        night = nights()
        night.until("none")
        undisturbed.update(night.left())
        assert len(undisturbed["trades"]) == 12
        assert len(undisturbed["trade_revisions"]) == 1
        assert len(undisturbed["verdicts"]) == 2
        assert len(undisturbed["quarantine"]) == 1
    return undisturbed


@contextmanager
def held(night: Night, step: str, lock: str) -> Iterator[subprocess.Popen[str]]:
    """The step's job while it waits for the lock; the lock is free when the block has ended."""
    holder = psycopg.connect(night.world.superuser)
    holder.execute(lock)
    job = night.start(step, LAST)
    try:
        wait_until_held(night.world)
        yield job
    finally:
        try:
            holder.close()
        finally:
            job.wait(60)


def wait_until_held(world: World) -> None:
    waiting = (
        "select from pg_stat_activity where datname = current_database()"
        " and usename = 'ingestion' and wait_event_type = 'Lock'"
    )
    ends_at = time.monotonic() + HELD_WITHIN_S
    with psycopg.connect(world.superuser, autocommit=True) as connection:
        while not connection.execute(waiting).fetchall():
            assert time.monotonic() < ends_at, "the job never came to the lock"
            time.sleep(0.02)


def said(job: subprocess.Popen[str]) -> str:
    return job.stderr.read() if job.stderr else ""


@pytest.mark.parametrize("step", ["fetch", "load_trades", "judge_outliers", "build_bars"])
def test_a_job_killed_before_its_commit(step: str, nights: Nights, quiet: dict[str, Any]) -> None:
    night = nights()
    night.until(step)
    before = night.world.digest()
    with held(night, step, AFTER_ITS_ROWS[step]) as job:
        psutil.Process(job.pid).kill()
        job.wait()
    assert night.world.digest() == before
    night.again()
    assert night.left() == quiet


@pytest.mark.parametrize("step", ["load_trades", "build_bars"])
def test_postgresql_killed_in_mid_load(
    step: str, nights: Nights, quiet: dict[str, Any], servers: OwnServers
) -> None:
    night = nights()
    night.until(step)
    before = night.world.digest()
    with held(night, step, AFTER_ITS_ROWS[step]) as job:
        servers.postgres.kill()
        assert job.wait(60) == 75
    assert "PostgreSQL did not answer" in said(job)
    servers.postgres.start()
    assert night.world.digest() == before
    night.again()
    assert night.left() == quiet


@pytest.mark.parametrize("step", ["load_trades", "publish_curated"])
def test_s3_killed_in_mid_load(
    step: str, nights: Nights, quiet: dict[str, Any], servers: OwnServers
) -> None:
    night = nights()
    night.until(step)
    before = night.world.digest()
    with held(night, step, BEFORE_THE_LAKE[step]) as job:
        servers.s3.kill()
    assert job.wait(60) == 75
    assert "S3 did not" in said(job)
    servers.s3.start()
    assert night.world.digest() == before
    night.again()
    assert night.left() == quiet


def test_valkey_killed_in_mid_load_costs_a_warning_and_no_row(
    nights: Nights, quiet: dict[str, Any], servers: OwnServers
) -> None:
    night = nights()
    night.until("build_bars")
    with held(night, "build_bars", BEFORE_THE_LAKE["build_bars"]) as job:
        servers.valkey.kill()
    assert job.wait(60) == 0
    assert "series.not_forgotten" in said(job)
    servers.valkey.start()
    night.step("publish_curated", LAST)
    assert night.left() == quiet


def test_a_lake_that_may_only_be_read_fails_the_task_with_the_reason(
    nights: Nights, quiet: dict[str, Any], servers: OwnServers
) -> None:
    night = nights()
    night.until("fetch")
    before = night.world.digest()
    servers.s3.restart("--read-only")
    job = night.start("fetch", LAST)
    assert job.wait(60) == 75
    assert "S3 did not take raw/" in said(job)
    assert night.world.digest() == before
    servers.s3.restart()
    night.again()
    assert night.left() == quiet


def test_a_full_disk_under_the_lake_fails_the_task_with_the_reason(
    nights: Nights, quiet: dict[str, Any], servers: OwnServers
) -> None:
    night = nights()
    night.until("fetch")
    before = night.world.digest()
    raw = servers.s3_home / f"{night.world.lake.bucket('raw')}"
    with full_disk(raw):
        servers.s3.restart()
        job = night.start("fetch", LAST)
        assert job.wait(60) == 75
        assert "S3 did not take raw/" in said(job)
        assert night.world.digest() == before
    servers.s3.restart()
    assert list(night.world.lake.keys("raw", f"source={NAME}/date={LAST}/manifest")) == []
    night.again()
    assert night.left() == quiet


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A file system of one page, full, over the folder while the block runs."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount can fill a disk of his own")
    try:
        (folder / "ballast").write_bytes(b"x" * 4096)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
