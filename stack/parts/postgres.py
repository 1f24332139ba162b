"""Creates a PostgreSQL cluster and describes the program that serves it: TCP and scram only."""

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psutil

from stack.errors import StackError
from stack.one_off import finished
from stack.parts.postgres_binaries import Binaries
from stack.parts.postgres_placement import Placement
from stack.ports import LOOPBACK
from stack.program import Program, tethered, write

SUPERUSER = "postgres"
INITDB_WITHIN_S = 120  # takes one to two

# No socket file: its path is limited to 107 bytes, and passwords are wanted from everybody.
SETTINGS = {
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class OtherMajorVersion(StackError):
    def __init__(self, data: Path, found: str, wanted: str) -> None:
        super().__init__(
            f"{data} was made by PostgreSQL {found}, the installed one is {wanted}."
            f" Install {found} again, or run `make clean` to start with empty data."
        )


class ClusterNotCreated(StackError):
    def __init__(self, said: str) -> None:
        super().__init__(f"initdb failed: {said.strip()[-800:]}")


def create_cluster(placement: Placement, found: Binaries, *, password: str) -> bool:
    """Returns whether it was created now. Renamed at the end: an interrupted one is never used."""
    version = placement.data / "PG_VERSION"
    if version.exists():
        made_by = version.read_text().strip()
        if made_by != found.major:
            raise OtherMajorVersion(placement.data, made_by, found.major)
        return False
    fresh = placement.home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    secret = fresh.with_name("password")
    secret.touch(mode=0o600)
    secret.write_text(password + "\n")
    placement.own(fresh)
    placement.own(secret)
    try:
        initdb(placement, fresh, secret)
    finally:
        secret.unlink()
    fresh.rename(placement.data)
    return True


def initdb(placement: Placement, data: Path, secret: Path) -> None:
    # C.UTF-8, never C: under C the letters of Pokémon beyond ASCII are not letters.
    options = {
        "pgdata": data,
        "username": SUPERUSER,
        "pwfile": secret,
        "auth": "scram-sha-256",
        "encoding": "UTF8",
        "locale": "C.UTF-8",
    }
    argv = [f"--{name}={value}" for name, value in options.items()]
    program = Program(
        name="initdb", argv=(str(placement.binaries / "initdb"), *argv), user=placement.user
    )
    written = write(program, placement.home / "initdb.json")
    try:
        done = finished("initdb", tethered(written), within_s=INITDB_WITHIN_S)
    finally:
        written.unlink()
    if done.returncode != 0:
        raise ClusterNotCreated(done.stderr or done.stdout)


def program(
    placement: Placement, *, port: int, settings: Mapping[str, str] = MappingProxyType({})
) -> Program:
    given = {**SETTINGS, **settings}
    options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
    listen = ("-D", str(placement.data), "-h", LOOPBACK, "-p", str(port))
    return Program(
        name="postgres",
        argv=(str(placement.binaries / "postgres"), *listen, *options),
        user=placement.user,
        stop_signal=signal.SIGINT.name,  # fast shutdown: sessions end, the data is flushed
        stop_as_group=False,
        stop_within_s=20,
    )


def url(*, port: int, user: str, password: str, database: str) -> str:
    return f"postgresql://{user}:{quote(password, safe='')}@{LOOPBACK}:{port}/{database}"


def forget_stale_pid(data: Path) -> None:
    """Removes postmaster.pid after a crash: its number may belong to another program by now."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        command = psutil.Process(pid).cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        command = []
    if str(data) not in command:
        pid_file.unlink(missing_ok=True)
