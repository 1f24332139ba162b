"""Speaks to Airflow's REST API: start a run, see its tasks end, read what they returned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from stack.errors import StackError

DEADLINE_S = 15
QUESTIONS = 4  # a busy machine may leave the api-server without a turn for a while
ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class AirflowRefused(StackError):
    """Airflow did not accept a request."""

    def __init__(self, what: str, status: int, body: str) -> None:
        super().__init__(f"Airflow refused to {what} ({status}): {body[:500]}")


class AirflowAway(StackError):
    """Airflow's api-server did not answer."""

    def __init__(self, what: str, error: httpx.HTTPError) -> None:
        super().__init__(
            f"Airflow did not answer when asked to {what} ({error});"
            " see .stack/logs/airflow-api.log"
        )


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    queued_at: datetime

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class Task:
    """One task of a run. `seconds` is its own time, without waiting."""

    dag_id: str
    run_id: str
    task_id: str
    state: str
    attempt: int
    seconds: float
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class AirflowApi:
    """A session with the api-server; asks for a token when it has none or it ran out."""

    def __init__(self, base: str, *, user: str, password: str) -> None:
        self._http = httpx.Client(base_url=base, timeout=DEADLINE_S)
        self._credentials = {"username": user, "password": password}

    def _ask(self, what: str, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._patiently(method, path, **options)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                token = self._http.post("/auth/token", json=self._credentials).raise_for_status()
                self._http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
                answer = self._patiently(method, path, **options)
        except httpx.HTTPError as error:
            raise AirflowAway(what, error) from error
        if answer.is_error:
            raise AirflowRefused(what, answer.status_code, answer.text)
        return answer.json()

    def _patiently(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A question is asked again where no answer came; what changes something is not."""
        for _ in range(QUESTIONS - 1 if method == "GET" else 0):
            try:
                return self._http.request(method, path, **options)
            except httpx.TransportError:
                continue
        return self._http.request(method, path, **options)

    def dag_ids(self) -> set[str]:
        """The DAGs that have been parsed and stored."""
        found = self._ask("list DAGs", "GET", "/api/v2/dags", params={"limit": 100})
        return {dag["dag_id"] for dag in found["dags"]}

    def switch(self, dag_id: str, *, on: bool) -> None:
        """Let a DAG run, or not; what is queued of one that is off waits."""
        self._ask(f"switch {dag_id}", "PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": not on})

    def trigger(self, dag_id: str, *, run_id: str, conf: Mapping[str, Any]) -> DagRun:
        """Start a run by hand."""
        body = {"logical_date": None, "dag_run_id": run_id, "conf": dict(conf)}
        return self._run(
            self._ask(f"run {dag_id}", "POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        )

    def runs_since(self, moment: datetime) -> list[DagRun]:
        """Runs of all DAGs that were due at or after a moment, oldest first."""
        query: dict[str, str | int] = {
            "run_after_gte": moment.isoformat(),
            "limit": 100,
            "order_by": "id",
        }
        found = self._ask("list runs", "GET", "/api/v2/dags/~/dagRuns", params=query)
        return [self._run(run) for run in found["dag_runs"]]

    def tasks(self, run: DagRun) -> list[Task]:
        """The tasks of a run, the first to end first."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        found = self._ask("list tasks", "GET", path)["task_instances"]
        tasks = [self._task(task) for task in found]
        return sorted(tasks, key=lambda task: (task.ended_at is None, task.ended_at or 0))

    def result(self, task: Task) -> dict[str, Any]:
        """What a task returned; empty when it returned nothing."""
        path = f"{self._path(task)}/xcomEntries/return_value"
        try:
            value = self._ask("read a result", "GET", path, params={"stringify": False})["value"]
        except AirflowRefused:
            return {}
        return value if isinstance(value, dict) else {}

    def last_words(self, task: Task, count: int = 8) -> list[str]:
        """The last lines a task logged."""
        path = f"{self._path(task)}/logs/{task.attempt}"
        found = self._ask("read a log", "GET", path, headers={"Accept": "application/json"})
        return [str(entry.get("event", "")) for entry in found["content"]][-count:]

    def _path(self, task: Task) -> str:
        return f"/api/v2/dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}"

    def _run(self, run: Mapping[str, Any]) -> DagRun:
        queued = _moment(run["queued_at"]) or datetime.fromisoformat(run["run_after"])
        return DagRun(run["dag_id"], run["dag_run_id"], run["state"], queued)

    def _task(self, task: Mapping[str, Any]) -> Task:
        return Task(
            dag_id=task["dag_id"],
            run_id=task["dag_run_id"],
            task_id=task["task_id"],
            state=task["state"] or "none",
            attempt=task["try_number"],
            seconds=task["duration"] or 0.0,
            ended_at=_moment(task["end_date"]),
        )
