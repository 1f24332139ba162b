"""The main job: catalog, nights and training through the real scheduler, told task by task."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stack.demo.airflow_api import AirflowApi
from stack.demo.chain import Ended, Follower
from stack.demo.plans import NIGHT, TRAINING, Night, Plan
from stack.errors import StackError
from stack.front import Stack
from stack.parts.airflow import USER
from stack.say import say, stage

PARSED_WITHIN_S = 90
NAME_WIDTH = 35  # of the longest dag and task, so that the seconds stand in one column
DAGS = frozenset({"dag_load_catalog", *NIGHT, *TRAINING})


class DagsMissing(StackError):
    """Airflow has not parsed what the main job needs."""

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(
            f"Airflow does not know {', '.join(sorted(missing))} after {PARSED_WITHIN_S} s; "
            "see .stack/logs/airflow-dag-processor.log"
        )


@dataclass
class Told:
    """What the main job has seen so far: results of tasks by title, and seconds by title."""

    results: dict[str, dict[str, Mapping[str, object]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


TITLED = frozenset({"job", "source", "date"})  # the stage's own line says these


def brief(result: Mapping[str, object]) -> str:
    """A task's summary in a line: its plain numbers and words, without the zeros."""
    plain = (
        f"{key.replace('_', ' ')} {value:,}"
        if isinstance(value, int)
        else f"{key.replace('_', ' ')} {value}"
        for key, value in result.items()
        if key not in TITLED and value and isinstance(value, int | float | str)
    )
    return ", ".join(plain)


class MainJob:
    """Runs a plan on a running stack."""

    def __init__(self, stack: Stack, plan: Plan) -> None:
        self.told = Told()
        self._plan = plan
        password = stack.site.secrets["airflow_password"]
        self._api = AirflowApi(stack.url("airflow"), user=USER, password=password)
        self._follower = Follower(self._api, on_task=self._tell, on_wait=self._wait)
        self._title = ""

    def run(self) -> None:
        """Raises StackError at the first task that fails."""
        with stage("DAGs parsed"):
            self._wait_for_dags()
        self._chain("catalog", ("dag_load_catalog",), self._plan.catalog)
        for night in self._plan.nights:
            self._night(night)
        if self._plan.train_as_of is not None:
            day = self._plan.train_as_of.isoformat()
            self._chain(f"training as of {day}", TRAINING, {"date": day})

    def _night(self, night: Night) -> None:
        self._chain(f"{night.title}, night of {night.as_of}", NIGHT, night.conf)

    def _chain(self, title: str, chain: tuple[str, ...], conf: Mapping[str, str]) -> None:
        say(f"\n{title}")
        self._title = title
        begun = time.monotonic()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        first = self._api.trigger(chain[0], run_id=f"demo-{stamp}", conf=conf)
        self._follower.follow(first, chain)
        self.told.seconds[title] = time.monotonic() - begun

    def _tell(self, ended: Ended) -> None:
        task = ended.task
        self.told.results.setdefault(self._title, {})[task.task_id] = ended.result
        said = brief(ended.result)
        name = f"{task.dag_id}.{task.task_id}"
        say(f"  {name:{NAME_WIDTH}} {task.seconds:5.1f} s  {said}".rstrip())

    def _wait(self, dag_id: str, seconds: float) -> None:
        say(f"  ... {dag_id} still running, {seconds:.0f} s")

    def _wait_for_dags(self) -> None:
        self._until(lambda: self._api.dag_ids() >= DAGS)

    def _until(self, done: Callable[[], bool]) -> None:
        limit = time.monotonic() + PARSED_WITHIN_S
        while not done():
            if time.monotonic() > limit:
                raise DagsMissing(DAGS - self._api.dag_ids())
            time.sleep(0.2)
