"""Owns one run of the stack: takes the lock, starts everything in order, and ends it again."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

from stack import lock, secret_store, waves
from stack.bootstrap import platform
from stack.catalogue import PARTS, Part, in_world
from stack.ports import DEFAULT_PORTS, PortBook
from stack.say import say, stage
from stack.site import Site
from stack.state import REPOSITORY, Run, State, write_run
from stack.supervisor import Supervisor, Waves, launch
from stack.sweep import sweep
from stack.world import World

# Services have 10 s, stores 20 s after them.
STOP_WITHIN_S = 30

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """Somebody asked the front process to stop."""


@dataclass(frozen=True)
class Stack:
    """A running stack, as the main job of `demo` sees it."""

    site: Site
    supervisor: Supervisor
    parts: tuple[Part, ...]

    def url(self, port_name: str) -> str:
        return self.site.http_url(port_name)


@contextmanager
def running(
    state: State,
    *,
    world: World,
    parts: tuple[Part, ...] = PARTS,
    default_ports: Mapping[str, int] = DEFAULT_PORTS,
) -> Iterator[Stack]:
    """Everything is healthy inside of it and gone after it, whatever ends it."""
    state.create()
    parts = in_world(world, parts)
    with lock.held(state), closing(PortBook()) as book, stopping_on_signals():
        say(f"Starting the {world.name} world, data in {state.root}")
        swept = sweep(state)
        if swept:
            say(f"  ended {swept} processes that a killed run had left")
        try:
            site = prepare(state, book, world=world, default_ports=default_ports)
            write_run(state, described(site, parts))
            supervisor = launch(
                state,
                in_waves(site, parts),
                port=site.ports["supervisor"],
                password=site.secrets["supervisor"],
                as_root=os.geteuid() == 0,
            )
            try:
                start_in_order(supervisor, site, parts)
                yield Stack(site, supervisor, parts)
            finally:
                end(supervisor)
        finally:
            sweep(state)
            state.run_file.unlink(missing_ok=True)


def prepare(
    state: State, book: PortBook, *, world: World, default_ports: Mapping[str, int]
) -> Site:
    for name, wanted in default_ports.items():
        got = book.take(name, wanted)
        if got != wanted:
            say(f"  port {wanted} is taken: {name} gets {got}")
    return Site(
        repository=REPOSITORY,
        state=state,
        instance_id=state.instance_id,
        world=world,
        started_at=datetime.now(UTC),
        ports=book.taken,
        secrets=secret_store.load_or_generate(state.secrets_file),
    )


def in_waves(site: Site, parts: tuple[Part, ...]) -> Waves:
    """What keeps data is started first and stopped last."""
    return {
        wave: [part.program(site) for part in parts if part.store == is_store]
        for wave, is_store in (("stores", True), ("services", False))
    }


def described(site: Site, parts: tuple[Part, ...]) -> Run:
    return Run(
        pid=os.getpid(),
        started_at=site.started_at.isoformat(),
        world=site.world.name,
        parts=tuple(part.name for part in parts),
        ports=site.ports,
    )


def start_in_order(supervisor: Supervisor, site: Site, parts: tuple[Part, ...]) -> None:
    """Airflow takes longest by far, so it starts as soon as its database is there."""
    stores = [part for part in parts if part.store]
    databases = [part for part in stores if part.name == "postgres"]
    airflow = [part for part in parts if part.name.startswith("airflow-")]
    services = [part for part in parts if not part.store and part not in airflow]
    waves.start(supervisor, stores)
    waves.wait_until_healthy(supervisor, site, databases)
    if airflow:
        first = "" if platform.airflow_is_migrated(site) else " (created, once)"
        with stage(f"database {site.world.airflow_database}{first}"):
            platform.create_airflow_database(site)
        waves.start(supervisor, airflow)
    with stage(f"database {site.world.database}, migrated"):
        platform.create_database(site)
    others = [part for part in stores if part not in databases]
    waves.wait_until_healthy(supervisor, site, others)
    with stage("buckets, topic and queue"):
        platform.create_lake(site)
        platform.create_bus(site)
        platform.store_source_credentials(site)
    waves.start(supervisor, services)
    waves.wait_until_healthy(supervisor, site, [*services, *airflow])


def end(supervisor: Supervisor) -> None:
    for number in STOPPING_SIGNALS:  # a second Ctrl-C must not leave half of it running
        signal.signal(number, signal.SIG_IGN)
    say("stopping ...")
    begun = time.monotonic()
    supervisor.stop(within_s=STOP_WITHIN_S)
    say(f"stopped in {time.monotonic() - begun:.1f} s")


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(128 + number)

    before = {number: signal.signal(number, stop) for number in STOPPING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
