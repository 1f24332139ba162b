"""Following DAGs that wake each other, against an Airflow that answers from a script."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stack.demo.airflow_api import DagRun, Task
from stack.demo.chain import ChainStalled, Ended, Follower, TaskFailed

START = datetime(2026, 1, 1, tzinfo=UTC)
CHAIN = ("ingest", "prices")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run(dag_id: str, state: str, queued: float, run_id: str = "r") -> DagRun:
    return DagRun(dag_id, run_id, state, at(queued))


class ScriptedAirflow:
    """Answers `runs_since` from a list of moments; the last one stays."""

    def __init__(self, moments: list[list[DagRun]], task_state: str = "success") -> None:
        self._moments: Iterator[list[DagRun]] = iter(moments)
        self._now = moments[0]
        self._task_state = task_state

    def runs_since(self, moment: datetime) -> list[DagRun]:
        self._now = next(self._moments, self._now)
        return self._now

    def tasks(self, run: DagRun) -> list[Task]:
        state = self._task_state if run.ended else "running"
        return [Task(run.dag_id, run.run_id, "work", state, 1, 1.0, run.queued_at)]

    def result(self, task: Task) -> dict[str, Any]:
        return {"rows": 1}

    def last_words(self, task: Task, count: int = 8) -> list[str]:
        return ["the source said no"]


def follow(airflow: ScriptedAirflow, limit_s: float = 5) -> list[Ended]:
    told: list[Ended] = []
    follower = Follower(airflow, on_task=told.append, on_wait=lambda *_: None)
    follower.follow(run("ingest", "queued", 0), CHAIN, limit_s=limit_s)
    return told


def test_each_task_is_told_once_when_it_has_ended() -> None:
    airflow = ScriptedAirflow(
        [
            [run("ingest", "running", 0)],
            [run("ingest", "success", 0)],
            [run("ingest", "success", 0), run("prices", "running", 1)],
            [run("ingest", "success", 0), run("prices", "success", 1)],
        ]
    )
    assert [ended.task.dag_id for ended in follow(airflow)] == ["ingest", "prices"]


def test_a_consumer_that_was_queued_before_its_producer_ended_is_not_the_one() -> None:
    stale = run("prices", "success", -30, run_id="stale")
    airflow = ScriptedAirflow([[run("ingest", "success", 0), stale]])
    with pytest.raises(ChainStalled, match="prices"):
        follow(airflow, limit_s=0.6)


def test_a_failed_task_ends_the_chain_with_its_last_words() -> None:
    airflow = ScriptedAirflow([[run("ingest", "failed", 0)]], task_state="failed")
    with pytest.raises(TaskFailed, match="the source said no"):
        follow(airflow)
