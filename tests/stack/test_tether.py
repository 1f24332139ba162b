"""The tether: a program ends with its parent, as its account, without its predecessor."""

import json
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stack import process_groups
from stack.program import Program, tethered, write
from stack.state import State
from stack.sweep import MARK, sweep

GONE_WITHIN_S = 10
SLEEP = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)")


def start(program: Program, home: Path, *, groups: Path | None = None) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        tethered(write(program, home / f"{program.name}.json"), groups=groups),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    return child


def is_gone(pid: int) -> bool:
    if not psutil.pid_exists(pid):
        return True
    return not process_groups.wait_until_gone([psutil.Process(pid)], GONE_WITHIN_S)


def test_a_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    written = write(Program(name="sleeper", argv=SLEEP), tmp_path / "sleeper.json")
    parent_code = (
        "import json, subprocess, sys\n"
        "child = subprocess.Popen(json.loads(sys.argv[1]), stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline(); print(child.pid, flush=True); child.wait()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code, json.dumps(tethered(written))],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert is_gone(child)


def test_a_successor_ends_the_workers_of_a_killed_predecessor(tmp_path: Path) -> None:
    """Workers that ignore SIGTERM and lost their parent, as Airflow's LocalExecutor leaves them."""
    worker = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    leader = (
        "import subprocess, sys, time\n"
        f"worker = subprocess.Popen([sys.executable, '-c', {worker!r}], stdout=2)\n"
        "open(sys.argv[1], 'w').write(str(worker.pid))\n"
        "print('ready', flush=True); time.sleep(60)\n"
    )
    note = tmp_path / "worker.pid"
    groups = tmp_path / "groups"
    program = Program(name="scheduler", argv=(sys.executable, "-c", leader, str(note)))
    first = start(program, tmp_path, groups=groups)
    orphan = int(note.read_text())
    first.kill()
    first.communicate()
    assert psutil.pid_exists(orphan)
    second = start(Program(name="scheduler", argv=SLEEP), tmp_path, groups=groups)
    assert is_gone(orphan)
    second.kill()
    second.communicate()


def test_a_recycled_group_number_is_left_alone(tmp_path: Path) -> None:
    stranger = start(Program(name="stranger", argv=SLEEP), tmp_path)
    process_groups.write(tmp_path, "old", stranger.pid, signal.SIGTERM)
    record = tmp_path / "old.json"
    stored = json.loads(record.read_text())
    record.write_text(json.dumps({**stored, "started": stored["started"] + "9"}))
    assert [group.members() for group in process_groups.read(tmp_path) if group.program == "old"]
    assert process_groups.read(tmp_path)[0].members() == []
    stranger.kill()
    stranger.communicate()


def test_the_sweep_finds_a_job_that_left_its_group(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.create()
    marked = Program(name="job", argv=SLEEP, environment={MARK: state.instance_id})
    child = start(marked, tmp_path)
    assert sweep(state) == 1
    assert child.wait(GONE_WITHIN_S) == -signal.SIGTERM
    child.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_becomes_the_account_of_the_program(tmp_path: Path) -> None:
    # A shell: the account may not enter the directory of our Python.
    program = Program(name="who", argv=("/bin/sh", "-c", "echo ready; id -u; id -G"), user="nobody")
    child = start(program, tmp_path)
    said, _ = child.communicate(timeout=GONE_WITHIN_S)
    account = pwd.getpwnam("nobody")
    assert said.split() == [str(account.pw_uid), str(account.pw_gid)]
