"""Whatever the stack waits for has an end, and the end is an error that says what to do."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.bootstrap.databases import Cluster
from stack.errors import StackError
from stack.one_off import NotDoneInTime, finished
from stack.ports import LOOPBACK
from stack.supervisor import Supervisor, SupervisorDied, SupervisorSilent

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def supervisor(deaf_port: int, tmp_path: Path) -> Iterator[Supervisor]:
    """A live process whose port does not answer."""
    process = subprocess.Popen(SLEEPER)
    yield Supervisor(
        process=process,
        url=f"http://{LOOPBACK}:{deaf_port}/RPC2",
        log=tmp_path / "supervisord.log",
        wave_of={"postgres": "stores"},
        answered_within_s=0.1,
    )
    process.kill()
    process.wait()


def test_a_supervisor_that_does_not_answer_is_an_error_with_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(SupervisorSilent, match=r"getProcessInfo \(timed out\).*supervisord.log"):
        supervisor.state_of("postgres")


def test_a_supervisor_that_ended_is_said_to_have_ended(supervisor: Supervisor) -> None:
    supervisor.process.kill()
    supervisor.process.wait()
    with pytest.raises(SupervisorDied):
        supervisor.state_of("postgres")


def test_a_program_that_does_not_end_is_stopped_at_its_deadline() -> None:
    with pytest.raises(NotDoneInTime, match=r"the migrations was not done within 0\.1 s"):
        finished("the migrations", SLEEPER, within_s=0.1)
    assert issubclass(NotDoneInTime, StackError)


def test_an_administrator_does_not_wait_for_ever(bare_postgres: Cluster) -> None:
    with bare_postgres.administer() as connection:
        row = connection.execute("show statement_timeout").fetchone()
        parameters = connection.info.get_parameters()
    assert row == ("1min",)
    assert parameters["connect_timeout"] == "5"
