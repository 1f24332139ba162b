"""A worker of the test run that is lost costs the test it was in, by name, and nothing else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from tests.files_together import FilesTogether


def pytest_xdist_make_scheduler(config, log):
    return FilesTogether(config, log)
"""
PASSES = "def test_{name}_{number}():\n    pass\n"
KILLED = """
def test_{name}_{number}():
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""
ENDED_WITHIN_S = 120  # a run of these takes three seconds


def write(folder: Path, name: str, tests: str) -> None:
    """A file of tests: `p` passes, `k` kills its worker."""
    bodies = [
        (KILLED if kind == "k" else PASSES).format(name=name, number=number)
        for number, kind in enumerate(tests)
    ]
    (folder / f"test_{name}.py").write_text("\n".join(bodies))


def run(folder: Path, *, workers: int) -> tuple[int, list[str], list[str]]:
    """Exit code, what passed and what failed."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist", "-q", "-n", str(workers), "-rA"],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=ENDED_WITHIN_S,
        check=False,
    )
    passed, failed = (
        re.findall(rf"^{outcome} \S+::test_(\w+)", ended.stdout, re.MULTILINE)
        for outcome in ("PASSED", "FAILED")
    )
    return ended.returncode, sorted(passed), sorted(failed)


def numbered(files: dict[str, str], kind: str) -> list[str]:
    return [f"{name}_{n}" for name in files for n, one in enumerate(files[name]) if one == kind]


@pytest.fixture
def suite(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    # A path with a space cannot be told in pytest.ini.
    monkeypatch.setenv("PYTHONPATH", str(repository))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


@pytest.mark.parametrize(
    ("workers", "files"),
    [
        (2, {"a": "p", "b": "ppkp"}),  # one test is left when the other worker has gone home
        (1, {"a": "pk", "b": "p", "c": "p", "d": "p"}),  # nobody else goes on
        (2, {"a": "kp", "b": "kp", "c": "kp", "d": "p"}),  # again and again
    ],
)
def test_the_others_are_run_and_the_lost_ones_are_named(
    suite: Path, workers: int, files: dict[str, str]
) -> None:
    for name, tests in files.items():
        write(suite, name, tests)
    assert run(suite, workers=workers) == (1, numbered(files, "p"), numbered(files, "k"))


SLOW_TO_BEGIN = """
def pytest_collection_modifyitems():
    import os, time
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw2":
        open("begun", "w").close()
        time.sleep(0.5)
"""
WAITS = """
def test_{name}_{number}():
    import os, time
    while not os.path.exists("begun"):
        time.sleep(0.01)
"""


def test_one_is_lost_while_another_is_not_yet_replaced(suite: Path) -> None:
    with (suite / "conftest.py").open("a") as conftest:
        conftest.write(SLOW_TO_BEGIN)
    for name, tests in {"a": "k", "b": "k", "c": "p", "d": "p"}.items():
        write(suite, name, tests)
    killed = (suite / "test_b.py").read_text()
    (suite / "test_b.py").write_text(WAITS.format(name="b", number="first") + killed)
    assert run(suite, workers=2) == (1, ["b_first", "c_0", "d_0"], ["a_0", "b_0"])
