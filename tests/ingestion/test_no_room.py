"""A lake that may only be read, a full disk under the lake or under PostgreSQL: the task fails with
the reason, nothing is half-written, and the next run recovers alone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stack.parts import s3
from stack.ports import PortBook
from tests.ingestion.nights import Night, Undisturbed, copy, differences
from tests.ingestion.own_servers import OwnServer, OwnServers
from tests.ingestion.wiretap import Ear

pytest_plugins = ["tests.ingestion.faults"]

RETRY = 75
PAGE = 4096
BALLAST = "ballast"
numbers = count(1)


@contextmanager
def another_s3(servers: OwnServers, ports: PortBook, first: int, *words: str) -> Iterator[str]:
    """A second server of the same buckets while the block runs; its URL."""
    port = ports.take(f"another-s3-{next(numbers)}", first)
    server = OwnServer(
        lambda: s3.program(servers.s3_home, port=port, keys=servers.s3_keys),
        partial(s3.probe, s3.url(port), servers.s3_keys),
        servers.s3_home.with_name("another-s3.log"),
    )
    server.start(*words)
    try:
        yield s3.url(port)
    finally:
        server.kill()


def assert_the_next_run_recovers_alone(night: Night, quiet: Undisturbed, step: str) -> None:
    """Nothing of the failed run is there, and after the next one all that there should be."""
    assert differences(night.holds(), quiet.held_before[step]) == {}
    night.done(step)
    assert differences(night.holds(), quiet.held_after[step]) == {}


@pytest.mark.parametrize(
    ("step", "zone"), [("fetch", "raw"), ("validate", "trusted"), ("publish_curated", "curated")]
)
def test_a_lake_that_may_only_be_read(
    step: str, zone: str, quiet: Undisturbed, port_book: PortBook, first_port: int
) -> None:
    night = copy(quiet.before[step])
    with another_s3(night.ground.servers, port_book, first_port, "--read-only") as url:
        job = night.start(step, AWS_ENDPOINT_URL_S3=url)
        assert job.wait() == RETRY
    assert f"S3 did not take {zone}/" in job.said()
    assert_the_next_run_recovers_alone(night, quiet, step)


def test_a_full_disk_under_the_lake(
    quiet: Undisturbed, port_book: PortBook, first_port: int
) -> None:
    night = copy(quiet.before["fetch"])
    servers = night.ground.servers
    raw = servers.s3_home / f"{night.name}-raw"
    with (
        small_disk(raw, PAGE) as disk,
        another_s3(servers, port_book, first_port) as url,
    ):
        fill(disk)
        job = night.start("fetch", AWS_ENDPOINT_URL_S3=url)
        assert job.wait() == RETRY
    assert "S3 did not take raw/" in job.said()
    assert_the_next_run_recovers_alone(night, quiet, "fetch")


def test_a_full_disk_under_postgresql_in_mid_load(quiet: Undisturbed) -> None:
    said = quiet.said["load_trades"]
    begins = next(at for at, word in enumerate(said) if word.startswith('postgres: copy "said"'))
    night, ear = copy(quiet.before["load_trades"]), Ear(begins, "at")
    with small_disk(Path("/dev/shm") / night.name, 128 * 2**20) as disk, moved(night, disk):
        job = night.start("load_trades", ear=ear)
        ear.arm(lambda: fill(disk))
        assert job.wait() == RETRY
        assert "could not extend file" in job.said()
        assert "its disk is full; free some space and run the job again" in job.said()
        (disk / BALLAST).unlink()
        assert_the_next_run_recovers_alone(night, quiet, "load_trades")


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of its own over the folder while the block runs."""
    ours = not folder.exists()
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(
            f"only a disk of its own may be filled, and it could not be mounted: {done.stderr}"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        if ours:
            folder.rmdir()


def fill(disk: Path) -> None:
    """A file that takes all room there is."""
    (disk / BALLAST).write_bytes(b"x" * shutil.disk_usage(disk).free)


@contextmanager
def moved(night: Night, disk: Path) -> Iterator[None]:
    """The night's database is on the disk while the block runs, and back before the disk goes."""
    cluster = night.ground.servers.cluster
    database, space = sql.Identifier(night.name), sql.Identifier(f"disk_of_{night.name}")
    there = sql.SQL("alter database {} set tablespace {}")
    with cluster.administer() as connection:
        own(disk, connection)
        create = sql.SQL("create tablespace {} location {}")
        connection.execute(create.format(space, sql.Literal(str(disk))))
        connection.execute(there.format(database, space))
        try:
            yield
        finally:
            (disk / BALLAST).unlink(missing_ok=True)
            connection.execute(there.format(database, sql.Identifier("pg_default")))
            connection.execute(sql.SQL("drop tablespace {}").format(space))


def own(disk: Path, connection: psycopg.Connection) -> None:
    """PostgreSQL's user gets the disk."""
    row = connection.execute("show data_directory").fetchone()
    assert row is not None
    data = Path(row[0]).stat()
    os.chown(disk, data.st_uid, data.st_gid)
    disk.chmod(0o700)
