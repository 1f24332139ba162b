"""The main job: catalog, nights, facts and training by the real scheduler, told task by task."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest

from stack.demo.airflow_api import AirflowApi, DagRun
from stack.demo.chain import Ended, Follower
from stack.demo.plans import FACTS, HOT_CARDS, REPLAY, REPLAYED_WEEKS, TRAINING, Plan
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


@dataclass(frozen=True)
class Stage:
    """DAGs that wake each other, and what the first is told.

    One that goes `beside` the stage before it is begun together with that, and told after it.
    """

    title: str
    chain: tuple[str, ...]
    conf: Mapping[str, str]
    beside: bool = False


def stages(plan: Plan) -> list[Stage]:
    """What is done, in order."""
    found = [Stage("catalog", CATALOG, plan.catalog)]
    found += [Stage(night.stage, night.chain, night.conf) for night in plan.nights]
    if plan.facts_as_of is not None:
        day = plan.facts_as_of.isoformat()
        # They need to know which cards are sold most, and that the first night has told.
        found.append(Stage(f"facts as of {day}, meanwhile", FACTS, {"date": day}, beside=True))
    if plan.train_as_of is not None:
        day = plan.train_as_of.isoformat()
        found.append(Stage(f"training as of {day}", TRAINING, {"date": day}))
    if plan.replay_to is not None:
        # It learns from what was known half a year before, so it waits for no training.
        title = f"{REPLAYED_WEEKS} weeks to {plan.replay_to} walked forward, meanwhile"
        conf = {"date": plan.replay_to.isoformat()}
        found.append(Stage(title, REPLAY, conf, beside=True))
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
        planned = stages(self._plan)
        begun: dict[str, DagRun] = {}
        for this, following in zip_longest(planned, planned[1:]):
            first = begun.pop(this.title, None) or self._begin(this)
            if following is not None and following.beside:
                begun[following.title] = self._begin(following)
            self._follow(this, first)
        for note in self._plan.notes:
            say(f"\n{note}")

    def switch_hot_cards_on(self) -> None:
        """For a stack that goes on serving: newest sales every quarter of an hour."""
        self._api.switch(HOT_CARDS, on=True)
        say(f"{HOT_CARDS} is on: newest sales of the cards traded most, every 15 minutes.")

    def _begin(self, this: Stage) -> DagRun:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        return self._api.trigger(this.chain[0], run_id=f"demo-{stamp}", conf=this.conf)

    def _follow(self, this: Stage, first: DagRun) -> None:
        say(f"\n{this.title}")
        self._title = this.title
        ended_at = self._follower.follow(first, this.chain)
        self.told.seconds[this.title] = (ended_at - first.queued_at).total_seconds()

    def _tell(self, ended: Ended) -> None:
        task = ended.task
        self.told.results.setdefault(self._title, {})[task.task_id] = ended.result
        said = brief(ended.result)
        name = f"{task.dag_id}.{task.task_id}"
        say(f"  {name:{NAME_WIDTH}} {task.seconds:5.1f} s  {said}".rstrip())

    def _wait(self, dag_id: str, seconds: float) -> None:
        say(f"  ... {dag_id} still running, {seconds:.0f} s")

    def _wait_for_dags(self) -> None:
        chains = (each.chain for each in stages(self._plan))
        wanted = frozenset({HOT_CARDS}.union(*chains))
        limit = time.monotonic() + PARSED_WITHIN_S
        while missing := wanted - self._api.dag_ids():
            if time.monotonic() > limit:
                raise DagsMissing(missing)
            time.sleep(0.2)
