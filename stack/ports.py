"""Hands out loopback ports, each one once: the wanted one or the next free one above it."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.errors import StackError

LOOPBACK = "127.0.0.1"

# From here on Linux gives ports to outgoing connections, which would collide with a listener.
FIRST_EPHEMERAL = 32768

DEFAULT_PORTS: Mapping[str, int] = {
    "postgres": 15432,
    "valkey": 16379,
    "s3": 19000,
    "aws": 14566,
    "supervisor": 19001,
    "airflow": 18080,
    "api_gw": 18000,
    "simulator": 18010,
    "signals_svc": 18020,
}


class NoFreePort(StackError):
    def __init__(self, name: str, wanted: int) -> None:
        super().__init__(f"No free port for {name} between {wanted} and {FIRST_EPHEMERAL - 1}.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection of an ended server in TIME_WAIT does not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def claim(port: int) -> socket.socket | None:
    """Keeps other books of this machine off the port, also between now and the server's start.

    A name in Linux's abstract namespace: no file is left behind, the kernel frees it with us.
    """
    held = socket.socket(socket.AF_UNIX)
    if not sys.platform.startswith("linux"):
        return held
    try:
        held.bind(f"\0pokemon-pricer-port-{port}")
    except OSError:
        held.close()
        return None
    return held


@dataclass
class PortBook:
    """Remembers what it handed out: a server takes its port only later, when it starts.

    Close it when the servers have ended.
    """

    taken: dict[str, int] = field(default_factory=dict)
    claims: list[socket.socket] = field(default_factory=list)

    def take(self, name: str, wanted: int) -> int:
        if name in self.taken:
            return self.taken[name]
        for port in range(wanted, FIRST_EPHEMERAL):
            if port in self.taken.values() or not is_free(port):
                continue
            if (held := claim(port)) is not None:
                self.claims.append(held)
                self.taken[name] = port
                return port
        raise NoFreePort(name, wanted)

    def close(self) -> None:
        for held in self.claims:
            held.close()
        self.claims.clear()
