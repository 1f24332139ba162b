"""Airflow's REST API behind the DagRuns port: deadlines, bounded retries, one token kept."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from kernel.errors import Rejected, Unavailable

CALL_TIMEOUT_S = 10
ATTEMPTS = 3
FIRST_WAIT_S = 0.2
TOKEN_PATH = "/auth/token"  # noqa: S105 - a path

REFUSAL = "refusal"  # where dags/job.py keeps the last words of a job that failed

OK_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class AirflowAway(Unavailable):
    """Airflow does not answer, or does not know the DAG yet."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Airflow did not answer ({reason}); try again in a while.")


class AirflowNotSet(Unavailable):
    """This installation was not told where Airflow is."""

    def __init__(self) -> None:
        super().__init__(
            "no Airflow is set up: PRICER_AIRFLOW_URL, PRICER_AIRFLOW_USER, PRICER_AIRFLOW_PASSWORD"
        )


class AirflowRefused(Rejected):
    """Airflow understood and said no."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"Airflow refused ({status}): {said[:500]}")


class NoDagRuns:
    """The port where no Airflow is set up."""

    async def start(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> str | None:
        """Raises AirflowNotSet."""
        raise AirflowNotSet

    async def again(self, dag_id: str, run_id: str) -> str:
        """Raises AirflowNotSet."""
        raise AirflowNotSet

    async def state(self, dag_id: str, run_id: str) -> str | None:
        """Raises AirflowNotSet."""
        raise AirflowNotSet

    async def result(self, dag_id: str, run_id: str, task_id: str) -> Mapping[str, Any]:
        """Raises AirflowNotSet."""
        raise AirflowNotSet

    async def refusal(self, dag_id: str, run_id: str, task_id: str) -> str | None:
        """Raises AirflowNotSet."""
        raise AirflowNotSet

    async def close(self) -> None:
        """Nothing is open."""


class AirflowRuns:
    """Every call may be repeated: a run is named by the caller, so starting it twice is one run."""

    def __init__(
        self,
        base_url: str,
        *,
        user: str,
        password: SecretStr,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=base_url, timeout=CALL_TIMEOUT_S)
        self._user, self._password, self._sleep = user, password, sleep
        self._token: str | None = None

    async def start(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> str | None:
        """State of the run that was started; None if there is one of this id already."""
        body = {"logical_date": None, "dag_run_id": run_id, "conf": dict(conf)}
        answer = await self._ask("POST", _runs(dag_id), json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise AirflowAway(f"it has no {dag_id} yet")
        return str(_said(answer)["state"])

    async def again(self, dag_id: str, run_id: str) -> str:
        """Run what failed of a run once more; the state it has then."""
        body = {"dry_run": False, "only_failed": True}
        answer = await self._ask("POST", f"{_run(dag_id, run_id)}/clear", json=body)
        return str(_said(answer)["state"])

    async def state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None if there is none of this id."""
        answer = await self._ask("GET", _run(dag_id, run_id))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(_said(answer)["state"])

    async def result(self, dag_id: str, run_id: str, task_id: str) -> Mapping[str, Any]:
        """What a task returned; empty while it has returned nothing."""
        value = await self._told(dag_id, run_id, task_id, "return_value")
        return value if isinstance(value, dict) else {}

    async def refusal(self, dag_id: str, run_id: str, task_id: str) -> str | None:
        """The last words of a task that failed for good; None where there are none."""
        value = await self._told(dag_id, run_id, task_id, REFUSAL)
        return value if isinstance(value, str) else None

    async def _told(self, dag_id: str, run_id: str, task_id: str, key: str) -> object:
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/{key}"
        answer = await self._ask("GET", path, params={"stringify": "false"})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return _said(answer)["value"]

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = await self._authorised(method, path, **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # none yet, or it ran out
            await self._sign_in()
            answer = await self._authorised(method, path, **options)
        return answer

    async def _authorised(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return await self._call(method, path, headers=headers, **options)

    async def _sign_in(self) -> None:
        login = {"username": self._user, "password": self._password.get_secret_value()}
        answer = await self._call("POST", TOKEN_PATH, json=login)
        if answer.is_error:
            raise AirflowAway(f"it does not take our login, HTTP {answer.status_code}")
        self._token = str(answer.json()["access_token"])

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._sleep(random.uniform(0, FIRST_WAIT_S * 2**attempt))
            try:
                answer = await self._http.request(method, path, **options)
            except httpx.TransportError as error:
                reason = type(error).__name__
                continue
            if answer.status_code not in OK_AGAIN:
                return answer
            reason = f"HTTP {answer.status_code}"
        raise AirflowAway(reason)


def _runs(dag_id: str) -> str:
    return f"/api/v2/dags/{quote(dag_id)}/dagRuns"


def _run(dag_id: str, run_id: str) -> str:
    return f"{_runs(dag_id)}/{quote(run_id, safe='')}"


def _said(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code in (401, 403):
        raise AirflowAway(f"it does not take our login, HTTP {answer.status_code}")
    if answer.is_error:
        raise AirflowRefused(answer.status_code, answer.text)
    said: dict[str, Any] = answer.json()
    return said
