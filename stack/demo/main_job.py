"""The main job: catalog, nights, facts and training by the real scheduler, told task by task."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stack.demo.airflow_api import AirflowApi
from stack.demo.chain import Ended, Follower
from stack.demo.plans import FACTS, HOT_CARDS, TRAINING, Plan
from stack.errors import StackError
from stack.front import Stack
from stack.parts.airflow import USER
from stack.say import say, stage

PARSED_WITHIN_S = 90
NAME_WIDTH = 44  # of the longest dag and task, so that the seconds stand in one column
CATALOG = ("dag_load_catalog",)


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


Stage = tuple[str, tuple[str, ...], Mapping[str, str]]  # title, DAGs, what the first is told


def stages(plan: Plan) -> list[Stage]:
    """What is done, in order."""
    found: list[Stage] = [("catalog", CATALOG, plan.catalog)]
    found += [(night.stage, night.chain, night.conf) for night in plan.nights]
    if plan.facts_as_of is not None:
        day = plan.facts_as_of.isoformat()
        found.append((f"facts as of {day}", FACTS, {"date": day}))
    if plan.train_as_of is not None:
        day = plan.train_as_of.isoformat()
        found.append((f"training as of {day}", TRAINING, {"date": day}))
    return found


TITLED = frozenset({"job", "source", "date"})  # the stage's own line says these


def brief(result: Mapping[str, object]) -> str:
    """A task's summary in a line: its plain numbers and words, without the zeros."""
    plain = (
        f"{key.replace('_', ' ')} {value:,}"
        if isinstance(value, int)
        else f"{key.replace('_', ' ')} {value}"
        for key, value in result.items()
        if key not in TITLED and value and isinstance(value, int | float | str)
        if not isinstance(value, bool)
    )
    return ", ".join([*plain, *_by_source(result.get("sources"))])


def _by_source(told: object) -> list[str]:
    """`reddit added 1,200` of a task that asked several."""
    if not isinstance(told, list):
        return []
    return [f"{one['source']} added {one['added']:,}" for one in told]


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
        self._api.switch(HOT_CARDS, on=False)  # an earlier main job may have left it on
        for title, chain, conf in stages(self._plan):
            self._chain(title, chain, conf)
        for note in self._plan.notes:
            say(f"\n{note}")

    def switch_hot_cards_on(self) -> None:
        """For a stack that goes on serving: newest sales every quarter of an hour."""
        self._api.switch(HOT_CARDS, on=True)
        say(f"{HOT_CARDS} is on: newest sales of the cards traded most, every 15 minutes.")

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
        chains = (chain for _, chain, _ in stages(self._plan))
        wanted = frozenset({HOT_CARDS}.union(*chains))
        limit = time.monotonic() + PARSED_WITHIN_S
        while missing := wanted - self._api.dag_ids():
            if time.monotonic() > limit:
                raise DagsMissing(missing)
            time.sleep(0.2)
