"""Owns the servers that fault tests may kill, the undisturbed night, and the moments of a job."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from stack.ports import PortBook
from tests.ingestion.month_of_sales import served_market
from tests.ingestion.nights import Ground, Lines, Undisturbed, access, environment
from tests.ingestion.own_servers import OwnServers, own_servers
from tests.ingestion.wiretap import Ear, Line, commands, requests, statements

PUT, COMMIT = "s3: PUT", "postgres: commit"


def moment(said: list[str], name: str) -> Ear:
    """An ear for that moment of a job that says this when nothing disturbs it."""
    commits = [at for at, word in enumerate(said) if word.lower().startswith(COMMIT)]
    puts = [at for at, word in enumerate(said) if word.startswith(PUT)]
    at = {
        "two thirds in": lambda: 2 * len(said) // 3,
        "between its objects": lambda: puts[(len(puts) + 1) // 2],
        "before its last commit": lambda: commits[-1],
        "after its last commit": lambda: commits[-1],
    }[name]()
    return Ear(at, "after" if name.startswith("after") else "before")


@pytest.fixture(scope="session")
def ground(
    tmp_path_factory: pytest.TempPathFactory,
    repository: Path,
    port_book: PortBook,
    first_port: int,
) -> Iterator[Ground]:
    """Servers of their own, lines to them, and a market."""
    home = tmp_path_factory.mktemp("own")
    with ExitStack() as ends:
        servers = ends.enter_context(
            own_servers(home, repository=repository, ports=port_book, first=first_port)
        )
        ports = {name: port_book.take(f"line-{name}", first_port) for name in LINES}
        lines = {
            name: Line(name, port=ports[name], to=_port(servers, name), split=split)
            for name, split in LINES.items()
        }
        for line in lines.values():
            ends.callback(line.close)
        api = ends.enter_context(served_market(port_book.take("market", first_port)))
        yield Ground(servers, Lines(**lines, ports=ports), api.url, home)


LINES = {"postgres": statements, "s3": requests, "valkey": commands}


def _port(servers: OwnServers, name: str) -> int:
    urls = {"s3": servers.s3_url, "valkey": servers.valkey_url.removesuffix("/0")}
    return servers.cluster.port if name == "postgres" else int(urls[name].rsplit(":", 1)[1])


@pytest.fixture(scope="session")
def undisturbed(ground: Ground) -> Undisturbed:
    """The night as it goes when nothing happens."""
    made = Undisturbed(ground)
    with environment(access(ground.servers)):
        made.see()
    return made


@pytest.fixture
def quiet(undisturbed: Undisturbed, ground: Ground) -> Iterator[Undisturbed]:
    """The undisturbed night, for one test; every server is back when it ends."""
    servers = ground.servers
    with environment(access(servers)):
        yield undisturbed
    for server in (servers.postgres, servers.s3, servers.valkey):
        if server.process is None:
            server.start()
