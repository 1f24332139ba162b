"""Follows DAGs that wake each other: tells each task as it ends, stops at the first failure."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from stack.demo.airflow_api import DagRun, Task
from stack.errors import StackError

POLL_S = 1.0  # a poll costs the api-server and its database 0.05 s of a processor
SIGN_OF_LIFE_S = 15
LIMIT_S = 900
WAKE_SLACK = timedelta(seconds=2)  # the event is stored a moment before the task has ended


class TaskFailed(StackError):
    """A task of the chain failed; the message carries its last words."""

    def __init__(self, task: Task, words: Sequence[str]) -> None:
        told = "\n    ".join(words)
        super().__init__(f"{task.dag_id}.{task.task_id} {task.state}:\n    {told}")


class ChainStalled(StackError):
    """The chain did not reach its end in time."""

    def __init__(self, dag_id: str, limit_s: float) -> None:
        super().__init__(
            f"{dag_id} did not end within {limit_s:.0f} s; see .stack/logs/airflow-scheduler.log"
        )


class Runs(Protocol):
    """What the follower asks of Airflow; AirflowApi answers it."""

    def runs_since(self, moment: datetime) -> list[DagRun]:
        """Runs due at or after a moment, oldest first."""

    def tasks(self, run: DagRun) -> list[Task]:
        """The tasks of a run, the first to end first."""

    def result(self, task: Task) -> dict[str, Any]:
        """What a task returned."""

    def last_words(self, task: Task, count: int = 8) -> list[str]:
        """The last lines a task logged."""


class RunFailed(StackError):
    """A run failed although none of its tasks did."""

    def __init__(self, run: DagRun) -> None:
        super().__init__(f"the run {run.run_id} of {run.dag_id} ended as {run.state}")


@dataclass(frozen=True)
class Ended:
    """A task that ended well, and what it returned."""

    task: Task
    result: Mapping[str, Any]


class Follower:
    """Watches the runs since its start and reports every task once."""

    def __init__(
        self,
        api: Runs,
        *,
        on_task: Callable[[Ended], None],
        on_wait: Callable[[str, float], None],
    ) -> None:
        self._api = api
        self._on_task = on_task
        self._on_wait = on_wait
        self._told: set[tuple[str, str, str]] = set()

    def follow(self, first: DagRun, chain: Sequence[str], *, limit_s: float = LIMIT_S) -> datetime:
        """When the last task of the chain ended: every DAG has succeeded, each woken by the last.

        Raises TaskFailed, RunFailed or ChainStalled.
        """
        since = first.queued_at - WAKE_SLACK
        ended_at = first.queued_at
        for dag_id in chain:
            only = first.run_id if dag_id == first.dag_id else None
            ended_at = self._wait(dag_id, only, since, ended_at - WAKE_SLACK, limit_s)
        return ended_at

    def _wait(
        self, dag_id: str, run_id: str | None, since: datetime, after: datetime, limit_s: float
    ) -> datetime:
        started = heard = time.monotonic()
        while time.monotonic() - started < limit_s:
            for run in self._api.runs_since(since):
                wanted = run.run_id == run_id if run_id else run.queued_at >= after
                if run.dag_id != dag_id or not wanted:
                    continue
                if self._tell(run):
                    heard = time.monotonic()
                if run.state == "success":
                    ends = [task.ended_at for task in self._api.tasks(run) if task.ended_at]
                    return max(ends, default=datetime.now(UTC))
                if run.ended:
                    raise RunFailed(run)
            if time.monotonic() - heard > SIGN_OF_LIFE_S:
                heard = time.monotonic()
                self._on_wait(dag_id, heard - started)
            time.sleep(POLL_S)
        raise ChainStalled(dag_id, limit_s)

    def _tell(self, run: DagRun) -> int:
        told = 0
        for task in self._api.tasks(run):
            key = (task.dag_id, task.run_id, task.task_id)
            if not task.ended or key in self._told:
                continue
            if task.state != "success":
                raise TaskFailed(task, self._api.last_words(task))
            self._told.add(key)
            self._on_task(Ended(task, self._api.result(task)))
            told += 1
        return told
