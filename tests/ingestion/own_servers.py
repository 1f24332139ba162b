"""Servers that a test module may kill: PostgreSQL, S3 and Valkey, each with its own data."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psutil

from stack import probes
from stack.bootstrap.databases import LOGINS, Cluster, create_platform, create_roles
from stack.child import HEALTHY_WITHIN_S
from stack.parts import postgres, postgres_binaries, s3, valkey
from stack.parts.postgres_placement import place
from stack.parts.s3 import Keys
from stack.ports import PortBook
from stack.program import Program, tethered, write
from stack.waiting import Probe, wait_until_healthy
from tests.fixtures.postgres import TEMPLATE, base_directory

# A killed server loses what it had not written, so commits are; only the disk is not waited for.
KILLED_BUT_NOT_UNPLUGGED = {"fsync": "off", "full_page_writes": "off"}


@dataclass
class OwnServer:
    """A program that is started, killed as by kill -9, and started again on what it left."""

    program: Callable[[], Program]
    probe: Probe
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Return when it answers; `more` are words for its command line."""
        made = self.program()
        written = write(replace(made, argv=(*made.argv, *more)), self.log.with_suffix(".json"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                tethered(written),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until_healthy(made.name, self.probe, limit_s=HEALTHY_WITHIN_S)

    def kill(self) -> None:
        """No goodbye: its processes are gone at once."""
        if self.process is None:
            return
        ours = psutil.Process(self.process.pid)
        for one in [*ours.children(recursive=True), ours]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait()
        self.process = None


@dataclass(frozen=True)
class OwnServers:
    """All three, and how to reach them."""

    postgres: OwnServer
    s3: OwnServer
    valkey: OwnServer
    cluster: Cluster
    s3_url: str
    s3_keys: Keys
    s3_home: Path
    valkey_url: str


@contextmanager
def own_servers(
    home: Path, *, repository: Path, ports: PortBook, first: int
) -> Iterator[OwnServers]:
    """Started, migrated, and gone at the end."""
    servers = described(home, repository=repository, ports=ports, first=first)
    every = (servers.postgres, servers.s3, servers.valkey)
    try:
        for server in every:
            server.start()
        create_roles(servers.cluster, repository=repository)
        create_platform(servers.cluster, TEMPLATE, repository=repository)
        yield servers
    finally:
        for server in every:
            server.kill()
        shutil.rmtree((home / "pg").resolve(), ignore_errors=True)


def described(home: Path, *, repository: Path, ports: PortBook, first: int) -> OwnServers:
    found = postgres_binaries.find(repository)
    name = f"test-{os.getpid()}-{secrets.token_hex(4)}"
    as_root = os.geteuid() == 0
    placement = place(home, found, instance_id=name, as_root=as_root, base=base_directory())
    passwords = {role: secrets.token_urlsafe(12) for role in (*LOGINS, postgres.SUPERUSER)}
    postgres.create_cluster(placement, found, password=passwords[postgres.SUPERUSER])
    cluster = Cluster(port=ports.take("own-postgres", first), passwords=passwords)

    def database() -> Program:
        postgres.forget_stale_pid(placement.data)
        return postgres.program(placement, port=cluster.port, settings=KILLED_BUT_NOT_UNPLUGGED)

    keys = Keys("PRICERTEST", secrets.token_urlsafe(12))
    s3_port = ports.take("own-s3", first)
    valkey_port, password = ports.take("own-valkey", first), secrets.token_urlsafe(12)
    (home / "valkey").mkdir()
    cache = valkey.program(valkey.prepare(home / "valkey", port=valkey_port, password=password))
    valkey_url = valkey.url(port=valkey_port, password=password)
    superuser = cluster.url(postgres.SUPERUSER, "postgres")
    return OwnServers(
        postgres=OwnServer(database, partial(probes.postgres, superuser), home / "postgres.log"),
        s3=OwnServer(
            lambda: s3.program(home / "buckets", port=s3_port, keys=keys),
            partial(s3.probe, s3.url(s3_port), keys),
            home / "s3.log",
        ),
        valkey=OwnServer(lambda: cache, partial(probes.valkey, valkey_url), home / "valkey.log"),
        cluster=cluster,
        s3_url=s3.url(s3_port),
        s3_keys=keys,
        s3_home=home / "buckets",
        valkey_url=valkey_url,
    )
