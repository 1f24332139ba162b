"""A run of a job that is killed in the middle of asking, by kill -9, and the run after it."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import polars as pl
import psutil
import pytest

from ingestion.usecases.load_product_map import load_product_map
from stack.bootstrap.source_secrets import store_credentials
from stack.ports import PortBook
from tests.fixtures.s3 import AwsAccess
from tests.ingestion.api import Api, made_api
from tests.ingestion.conftest import CARDS, Job, Rows, World
from tests.ingestion.test_production_rates import selling

DAY = "2026-10-03"
PRODUCTS = [str(n) for n in range(60)]
POPULATION = "select card_id, grade_code, population from market.population order by 1, 2, 3"


@dataclass
class Stalling:
    """Answers until it comes to a subject at which it stalls; then it keeps the asker waiting."""

    stalls_at: str | None = None
    reached: Event = field(default_factory=Event)

    def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
        if self.stalls_at is not None and self.stalls_at in path.split("/"):
            self.reached.set()
            time.sleep(1.5)
        if path.startswith("/publicapi"):
            return {"PSAPop": {"Grade10": 3, "Grade9": int(path.rpartition("/")[2])}}
        told = selling(pages=1)(path, params, body)
        for sale in told["data"]:
            sale["purchasePrice"] = 20 + int(path.split("/")[3])
        return told


@pytest.fixture
def api(port_book: PortBook, first_port: int) -> Iterator[Api]:
    with made_api(port_book.take("stalling", first_port)) as made:
        yield made


def killed(arguments: list[str], environment: dict[str, str], home: Path, at: Event) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ingestion", "job", *arguments],
        env=environment,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert at.wait(180), "it never came to the subject"
    psutil.Process(process.pid).kill()
    process.wait()


@pytest.fixture
def told(api: Api, world: World, aws: AwsAccess) -> dict[str, str]:
    """Sixty products and specs of four cards, and where to ask for them."""
    row = {"grade_code": None, "valid_from": None, "confidence": "1", "evidence": "t", "actor": "t"}
    rows = [
        {
            **row,
            "source": source,
            "product": f"{product}{printing}",
            "card_id": CARDS[n % 4].card_id,
        }
        for n, product in enumerate(PRODUCTS)
        for source, printing in (("tcgplayer", ":Holofoil"), ("psa", ""))
    ]
    with world.unit() as unit:
        load_product_map(unit, [], pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)))
    manager = boto3.client(
        "secretsmanager",
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=aws.access_key_id,
        aws_secret_access_key=aws.secret_access_key,
    )
    store_credentials(manager, prefix="killed", token="t")
    fast = dict.fromkeys(("TCGPLAYER", "PSA"), "1500")  # 25 a second: no piece is larger for it
    return {
        **{f"PRICER_ETL__SOURCES__{n}__RATE_LIMIT_PER_MIN": rate for n, rate in fast.items()},
        "PRICER_TCGPLAYER_SALES_URL": api.url,
        "PRICER_PSA_URL": api.url,
        "PRICER_SECRETS_PREFIX": "killed",
        "AWS_ENDPOINT_URL": aws.endpoint_url,
    }


def asked_subjects(api: Api) -> Counter[str]:
    named = (next(part for part in path.split("/") if part.isdigit()) for path, _, _ in api.asked)
    return Counter(named)


def interrupted(
    run: list[str], job: Job, api: Api, environment: dict[str, str], home: Path
) -> tuple[Counter[str], Counter[str]]:
    """What a run asked that was killed at the subject 38, and the run after it."""
    stalling = Stalling(stalls_at="38")
    api.answer = stalling.answer
    killed(run, environment, home, stalling.reached)
    first = asked_subjects(api)
    stalling.stalls_at = None
    api.asked.clear()
    again = job(*run, **environment)
    assert again.code == 0, again.said
    return first, asked_subjects(api)


def assert_it_went_on(first: Counter[str], second: Counter[str]) -> None:
    assert set(first) | set(second) == set(PRODUCTS)
    assert set(second) != set(PRODUCTS), "what was kept is not asked for again"
    assert len(set(first) & set(second)) <= 30, "at most the piece that was under way"
    assert set(second.values()) == {1}


def test_facts_of_a_killed_run_stay_and_the_next_asks_for_the_rest(
    job: Job,
    world: World,
    api: Api,
    told: dict[str, str],
    environment: dict[str, str],
    repository: Path,
) -> None:
    run = ["fetch_facts", "--fact", "population", "--date", DAY]
    assert_it_went_on(*interrupted(run, job, api, environment | told, repository))
    each = [[int(product) for product in PRODUCTS[n::4]] for n in range(4)]
    rows = [
        (CARDS[n].card_id, grade, count)
        for n, numbers in enumerate(each)
        for grade, count in (("psa10", 3 * len(numbers)), ("psa9", sum(numbers)))
    ]
    assert world.rows(POPULATION) == sorted(rows), "as of a run that nobody disturbed"


def test_sales_of_a_killed_run_stay_and_the_tables_are_those_of_an_undisturbed_one(
    job: Job,
    world: World,
    api: Api,
    told: dict[str, str],
    environment: dict[str, str],
    repository: Path,
) -> None:
    run = ["fetch", "--source", "tcgplayer", "--date", DAY]
    assert_it_went_on(*interrupted(run, job, api, environment | told, repository))
    ((rows,),) = world.rows("select rows_read from market.loads where job = 'fetch'")
    assert rows == 25 * len(PRODUCTS)
    disturbed = loaded(job, world)
    assert len(disturbed["trades"]) == 25 * len(PRODUCTS)
    world.forget()
    for key in world.lake.keys("raw", ""):
        world.lake.delete("raw", key)
    api.asked.clear()
    assert job(*run, **told).code == 0
    assert asked_subjects(api) == Counter(PRODUCTS), "a round that is over begins anew"
    assert loaded(job, world) == disturbed


def loaded(job: Job, world: World) -> dict[str, Rows]:
    for step in ("validate", "load_trades"):
        done = job(step, "--source", "tcgplayer", "--date", DAY)
        assert done.code == 0, done.said
    return world.digest()
