"""A task runs one real subprocess; exit codes decide between success, retry and the end."""

import json
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

PROGRAM = """
import json, os, signal, subprocess, sys, time
options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
print("working", flush=True)
if sys.argv[2] == "sleep":
    if options.get("--deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "60"])  # what is ignored, a child ignores too
    open(options["--pid-file"], "w").write(str(child.pid))
    time.sleep(60)
if options.get("--code") == "3":
    print(json.dumps({"quarantined": 2}), flush=True)
    sys.exit(3)
if "--code" in options:
    print("the source said no", file=sys.stderr, flush=True)
    if "--wait" in options:
        print(json.dumps({"job": "load", "retry_after_s": float(options["--wait"])}), flush=True)
    sys.exit(int(options["--code"]))
print(json.dumps({"argv": sys.argv[1:], "run": os.environ["RUN_ID"],
                  "airflow": [key for key in os.environ if "AIRFLOW" in key]}))
"""

KEPT: dict[str, str] = {}


def keep(*, key: str, value: str) -> None:
    KEPT[key] = value


CONTEXT = {
    "ti": SimpleNamespace(dag_id="dag_x", task_id="load", try_number=2, xcom_push=keep),
    "dag_run": SimpleNamespace(run_id="manual__1"),
}


@pytest.fixture
def job(airflow: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    package = tmp_path / "some_service"
    package.mkdir()
    (package / "__main__.py").write_text(PROGRAM)
    monkeypatch.setenv("JOB_PYTHON", sys.executable)
    monkeypatch.setenv("PRICER_HOME", str(tmp_path))
    from dags.job import job

    return job


def test_the_summary_of_a_job_becomes_the_result_of_its_task(job: Any) -> None:
    odd = """my data/it's "here" $HOME; é"""
    result = job("some_service", "load", path=odd, since="").execute(CONTEXT)
    assert result == {"argv": ["job", "load", "--path", odd], "run": "manual__1", "airflow": []}


def test_exit_75_asks_for_a_retry_and_any_other_code_is_final(job: Any) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    with pytest.raises(AirflowException, match="the source said no") as retryable:
        job("some_service", "load", code="75").execute(CONTEXT)
    assert not isinstance(retryable.value, AirflowFailException)
    KEPT.clear()
    with pytest.raises(AirflowFailException, match="left with 1: the source said no"):
        job("some_service", "load", code="1").execute(CONTEXT)
    assert KEPT == {"refusal": "the source said no"}, "whoever asked for the run is told why"


@pytest.mark.parametrize(
    ("wait", "action", "delay"),
    [
        ("3600.5", "retry", timedelta(seconds=3600.5)),
        ("0", "default", None),  # the task's own delay is longer, and grows
        ("90000", "fail", None),  # a run that is open for a day holds back the next night
    ],
)
def test_a_job_that_was_told_to_wait_is_retried_no_earlier(
    job: Any, wait: str, action: str, delay: timedelta | None
) -> None:
    from airflow.sdk.exceptions import AirflowException

    task = job("some_service", "load", code="75", wait=wait)
    with pytest.raises(AirflowException, match="left with 75: the source said no") as failed:
        task.execute(CONTEXT)
    decision = task.retry_policy.evaluate(failed.value, 1, 3)
    assert (decision.action.value, decision.retry_delay) == (action, delay)


def test_a_job_that_knows_no_wait_is_retried_after_the_delay_of_its_task(job: Any) -> None:
    from airflow.sdk.exceptions import AirflowException

    task = job("some_service", "load", code="75")
    with pytest.raises(AirflowException) as failed:
        task.execute(CONTEXT)
    assert task.retry_policy.evaluate(failed.value, 1, 3).action.value == "default"


def test_rows_in_quarantine_are_told_but_fail_no_task(job: Any) -> None:
    assert job("some_service", "load", code="3").execute(CONTEXT) == {"quarantined": 2}


def test_killing_a_task_ends_the_whole_process_group(job: Any, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    operator = job("some_service", "sleep", pid_file=str(pid_file))
    outcome: list[BaseException] = []

    def run() -> None:
        try:
            operator.execute(CONTEXT)
        except Exception as error:  # noqa: BLE001 (the outcome is what the test looks at)
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < deadline, "the job did not start"
        time.sleep(0.02)
    operator.on_kill()
    thread.join(20)
    assert ended_within(int(pid_file.read_text()), seconds=20), "the job's child outlived it"
    assert outcome


def ended_within(pid: int, *, seconds: float) -> bool:
    """Whether the process ends in time; one that nobody reaped has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("deaf", ["", "yes"])
def test_a_silent_job_ends_with_the_time_its_task_was_given(
    job: Any, tmp_path: Path, deaf: str
) -> None:
    from airflow.sdk.exceptions import AirflowTaskTimeout
    from airflow.sdk.execution_time.timeout import timeout

    pid_file = tmp_path / "pid"
    operator = job("some_service", "sleep", pid_file=str(pid_file), deaf=deaf)
    begun = time.monotonic()
    within = timeout(3)  # type: ignore[no-untyped-call] # Airflow's own
    with pytest.raises(AirflowTaskTimeout), within:
        operator.execute(CONTEXT)
    assert time.monotonic() - begun < 30, "the job was waited for"
    assert ended_within(int(pid_file.read_text()), seconds=5), "the job's child outlived it"


def test_a_task_that_is_not_asked_for_is_skipped_before_anything_runs(job: Any) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowSkipException

    with pytest.raises(AirflowSkipException):
        job("some_service", "load", unless="True", code="1").execute(CONTEXT)
    with pytest.raises(AirflowException, match="left with 1"):
        job("some_service", "load", unless="false", code="1").execute(CONTEXT)


def test_options_that_rendered_to_nothing_are_not_passed(job: Any) -> None:
    from dags.job import argv_of

    argv = argv_of("some_service", "load", {"since": "", "path": "None", "from_": "a"})
    assert json.dumps(argv[1:]) == '["-m", "some_service", "job", "load", "--from", "a"]'
