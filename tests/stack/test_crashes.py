"""Kill what you like: the next start is healthy and nothing of the old run is left.

One stack for the whole module, in a directory that only its owner may enter, with a space in its
name. Each test starts it if the one before has killed it.
"""

import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from stack import probes, secret_store
from stack.bootstrap.bus import closes_name, flips_name
from stack.bootstrap.databases import MIGRATOR
from stack.catalogue import PARTS
from stack.environment import topic_arn
from stack.errors import Unhealthy
from stack.parts import postgres as postgres_part
from stack.parts.airflow import heartbeat_probe
from stack.parts.postgres_placement import STATE_DIRECTORY
from stack.parts.s3 import REGION
from stack.ports import DEFAULT_PORTS, LOOPBACK, is_free
from stack.secret_store import database_secret
from stack.state import State, read_run
from stack.waiting import wait_until_healthy
from tests.fixtures.aws import sns_client
from tests.fixtures.s3 import AwsAccess
from tests.stack.front_process import (
    ENDED_WITHIN_S,
    FIRST_START_WITHIN_S,
    HEALTHY_WITHIN_S,
    FrontProcess,
    left_of,
    patience,
)


@pytest.fixture(scope="module", autouse=True)
def no_schedule() -> Iterator[None]:
    """Nothing is brought in by the clock while parts are killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRICER_NIGHTLY_INGEST", "off")
        yield


@pytest.fixture(scope="module")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    home = tmp_path_factory.mktemp("home") / "a private place"
    home.mkdir(mode=0o700)
    front = FrontProcess(State(home / ".stack"))
    with socket.socket() as neighbour:  # somebody else has a default port
        if is_free(DEFAULT_PORTS["valkey"]):
            neighbour.bind((LOOPBACK, DEFAULT_PORTS["valkey"]))
            neighbour.listen()
        try:
            front.start(within_s=FIRST_START_WITHIN_S)
            yield front
        finally:
            if front.process is not None and front.process.poll() is None:
                front.end()
            if front.state.root.exists():
                front.state.delete()


def url_of(front: FrontProcess) -> str:
    run = read_run(front.state)
    assert run is not None
    password = secret_store.load_or_generate(front.state.secrets_file)[database_secret(MIGRATOR)]
    return postgres_part.url(
        port=run.ports["postgres"], user=MIGRATOR, password=password, database="pricer"
    )


def rows_kept(front: FrontProcess) -> int:
    """Writes one row more than last time, and counts."""
    with psycopg.connect(url_of(front)) as connection:
        connection.execute("create schema if not exists kept")
        connection.execute("create table if not exists kept.rows (n int)")
        connection.execute("insert into kept.rows values (1)")
        row = connection.execute("select count(*) from kept.rows").fetchone()
    assert row is not None
    return int(row[0])


def test_it_starts_in_a_private_directory_with_a_taken_port(running_stack: FrontProcess) -> None:
    run = read_run(running_stack.state)
    assert run is not None
    assert run.ports["valkey"] != DEFAULT_PORTS["valkey"]
    assert len(set(run.ports.values())) == len(run.ports)
    server = psutil.Process(running_stack.pid_of("postgres"))
    if os.geteuid() == 0:
        assert server.username() == pwd.getpwnam("nobody").pw_name
        assert (running_stack.state.root / "pg").resolve().is_relative_to(STATE_DIRECTORY)
    assert rows_kept(running_stack) == 1


def test_a_second_start_is_refused_with_how_to_stop_the_first(running_stack: FrontProcess) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "stack", "up", "--state", running_stack.state.root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "make down" in second.stderr


def test_status_shows_every_part_healthy_with_its_memory(running_stack: FrontProcess) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "stack", "status", "--state", running_stack.state.root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout
    assert said.stdout.count(" healthy") == len(PARTS)
    assert "total" in said.stdout.splitlines()[-1]


def test_a_killed_scheduler_comes_back_and_its_workers_go(running_stack: FrontProcess) -> None:
    old = psutil.Process(running_stack.pid_of("airflow-scheduler"))
    family = {old, *old.children(recursive=True)}
    run = read_run(running_stack.state)
    assert run is not None
    base = f"http://{LOOPBACK}:{run.ports['airflow']}"
    beat = httpx.get(f"{base}/api/v2/monitor/health").json()["scheduler"]
    old.kill()
    assert left_of(family) == []
    since = beat["latest_scheduler_heartbeat"]
    wait_until_healthy(
        "scheduler",
        lambda: heartbeat_probe(base, kind="scheduler", since=after(since)),
        limit_s=HEALTHY_WITHIN_S * patience(),
    )
    assert running_stack.pid_of("airflow-scheduler") != old.pid


def after(beat: str) -> datetime:
    return datetime.fromisoformat(beat) + timedelta(microseconds=1)


def test_a_killed_postgres_comes_back_with_its_data(running_stack: FrontProcess) -> None:
    before = rows_kept(running_stack)
    old = psutil.Process(running_stack.pid_of("postgres"))
    family = {old, *old.children(recursive=True)}
    old.kill()
    assert left_of(family) == []
    wait_until_healthy(
        "postgres",
        lambda: probes.postgres(url_of(running_stack)),
        limit_s=HEALTHY_WITHIN_S * patience(),
    )
    assert rows_kept(running_stack) == before + 1


def test_a_restarted_control_plane_gets_its_topic_again(running_stack: FrontProcess) -> None:
    run = read_run(running_stack.state)
    assert run is not None
    access = AwsAccess(f"http://{LOOPBACK}:{run.ports['aws']}", "any", "any", REGION)
    psutil.Process(running_stack.pid_of("aws")).kill()

    wanted = {topic_arn(name("pricer")) for name in (flips_name, closes_name)}

    def topics() -> str:
        try:
            found = sns_client(access).list_topics()["Topics"]
        except (BotoCoreError, ClientError) as error:
            raise Unhealthy(str(error)) from error
        arns = {one["TopicArn"] for one in found}
        if not wanted <= arns:
            raise Unhealthy(f"only {arns} yet")
        return "there"

    wait_until_healthy("topics", topics, limit_s=HEALTHY_WITHIN_S * patience())
    assert "aws had ended and was restarted" in running_stack.said()


def test_after_the_front_process_was_killed(running_stack: FrontProcess) -> None:
    old = running_stack.running()
    assert running_stack.process is not None
    running_stack.end(signal.SIGKILL)
    running_stack.start()
    assert left_of(old) == []
    assert rows_kept(running_stack) == 4


def test_after_supervisord_was_killed(running_stack: FrontProcess) -> None:
    old = running_stack.running()
    os.kill(running_stack.supervisor_pid(), signal.SIGKILL)
    assert running_stack.process is not None
    assert running_stack.process.wait(ENDED_WITHIN_S) == 1
    assert "Traceback" not in running_stack.said()
    assert left_of(old) == []
    running_stack.start()
    assert rows_kept(running_stack) == 5


def test_after_everything_was_killed(running_stack: FrontProcess) -> None:
    assert running_stack.process is not None
    old = {psutil.Process(running_stack.process.pid), *running_stack.running()}
    for process in old:
        with suppress(psutil.NoSuchProcess):  # it went with one that was killed before it
            process.kill()
    running_stack.process.wait()
    said = running_stack.start()
    assert left_of(old) == []
    assert rows_kept(running_stack) == 6
    assert "Serving" in said


def test_down_stops_everything_and_clean_deletes_everything(running_stack: FrontProcess) -> None:
    old = running_stack.running()
    home = (running_stack.state.root / "pg").resolve()
    subprocess.run(
        [sys.executable, "-m", "stack", "down", "--state", running_stack.state.root], check=True
    )
    assert left_of(old, within_s=1) == []
    assert running_stack.process is not None
    running_stack.process.wait()
    subprocess.run(
        [sys.executable, "-m", "stack", "clean", "--state", running_stack.state.root], check=True
    )
    assert not home.exists()
    assert not Path(running_stack.state.root).exists()
