"""A world on servers of its own, whose jobs may be killed at a chosen moment, and what it holds."""

import gzip
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import polars as pl
from botocore.config import Config

from ingestion.adapters.lake_zones import MANIFESTS
from ingestion.usecases.load_catalog import load_catalog
from kernel.lake import Lake, Zone
from stack.bootstrap.databases import MIGRATOR, SERVICES, create_database
from stack.bootstrap.lake import ZONES, create_buckets
from stack.parts.postgres import SUPERUSER
from stack.parts.s3 import REGION
from tests.fixtures.postgres import TEMPLATE
from tests.ingestion.conftest import BASE, CARDS, World
from tests.ingestion.job_process import JobProcess, start_job
from tests.ingestion.month_of_sales import BEFORE, CARDS_OF, HOT, LAST, MISSED
from tests.ingestion.own_servers import OwnServers
from tests.ingestion.test_other_markets import map_product
from tests.ingestion.wiretap import Ear, Line

MARKET = "marketplace"
OF_LAST = ("--source", MARKET, "--date", str(LAST))
BACKFILL = ("--id", "missed")
MISSED_DAYS = ("--from", str(MISSED[0]), "--to", str(MISSED[-1]))

# Every job of the night under test with its options, in the order of the night.
STEPS: Mapping[str, Sequence[str]] = {
    "fetch": OF_LAST,
    "validate": OF_LAST,
    "load_trades": OF_LAST,
    "judge_outliers": (),
    "build_bars": (),
    "publish_curated": (),
    "refresh_hot": ("--source", MARKET, "--date", str(HOT)),
    "fetch_facts": ("--fact", "search_trends", "--date", str(LAST)),
    "run_backfill": BACKFILL,
}
BEFORE_THE_NIGHT = (
    ("fetch", "--source", MARKET, "--date", str(BEFORE)),
    ("validate", "--source", MARKET, "--date", str(BEFORE)),
    ("load_trades", "--source", MARKET, "--date", str(BEFORE)),
    ("judge_outliers",),
    ("build_bars",),
    ("publish_curated",),
    ("plan_backfill", *BACKFILL, "--sources", MARKET, *MISSED_DAYS),
)
# What a job commits as it goes; apart from that it leaves all or nothing. Judging commits pieces of
# many instruments: these nights are one piece, and test_outliers kills between two.
COMMITTED_ON_THE_WAY = {"fetch": ("source_cursors",)}
DONE = (0, 3)  # with nothing, or something, in quarantine

# Without the moment of the run; beside what every world's digest has.
KEPT = {
    "outlier_verdicts": "subject, subject_id, known_at, verdict, rule, fence_low_cents,"
    " fence_high_cents",
    # A round's number is how often it was asked, its first day what was loaded by then.
    "source_cursors": "source, stream, case"
    " when stream = 'round' then position::jsonb ->> 'open' || (position::jsonb ->> 'last')"
    " when stream = '' and source = 'marketplace' then position end",
    "rereads": "source, day, tries, failure",
    # Not rows_written: of a load it is what was new to its last run.
    "loads": "source, day, job, rows_read, rows_quarantined, first_day",
    "dirty": "stage, card_id, grade_code, day, as_of, through, judged = generation",
    "search_trends": "card_id, day, interest, term, window_first, window_last",
    "backfills": "backfill_id, finished_at is not null",
    "backfill_days": "backfill_id, source, day, action, state, reason, rows_read",
}

numbers = count(1)


@dataclass(frozen=True)
class Lines:
    """A line to each server."""

    postgres: Line
    s3: Line
    valkey: Line
    ports: Mapping[str, int]

    def give(self, ear: Ear) -> None:
        """Let it hear the calls from now on."""
        for line in (self.postgres, self.s3, self.valkey):
            line.ear = ear


@dataclass(frozen=True)
class Ground:
    """What worlds stand on: the servers, the lines to them, the market, a folder for logs."""

    servers: OwnServers
    lines: Lines
    market_url: str
    logs: Path


@dataclass(frozen=True)
class Night:
    """One world, its jobs over the lines, and a straight way for looking at it."""

    name: str
    world: World
    ground: Ground

    def environment(self, **other: str) -> dict[str, str]:
        """What a job is told, apart from its options."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRICER_")}
        servers, ports = self.ground.servers, self.ground.lines.ports
        over = {
            "INGESTION_DATABASE_URL": _at(self.world.url, servers.cluster.port, ports["postgres"]),
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{ports['s3']}",
            "PRICER_REDIS_URL": f"{servers.valkey_url.rsplit(':', 1)[0]}:{ports['valkey']}/0",
            "PRICER_LAKE_BUCKET_PREFIX": self.name,
            "PRICER_MARKETPLACE_URL": self.ground.market_url,
            "PRICER_MARKETPLACE_TOKEN": "let-me-in",
            "PRICER_TRENDS_URL": self.ground.market_url,
        }
        fast = {
            f"PRICER_ETL__SOURCES__{source}__RATE_LIMIT_PER_MIN": "6000000"
            for source in ("EBAY", "TRENDS")
        }
        return kept | access(servers) | over | fast | other

    def start(self, step: str, *, ear: Ear | None = None, **other: str) -> JobProcess:
        """The step's job in a process of its own; `ear` hears what it says to the servers."""
        return self.run((step, *STEPS[step]), ear or Ear(), **other)

    def run(self, words: Sequence[str], ear: Ear, **other: str) -> JobProcess:
        """Any job."""
        self.ground.lines.give(ear)
        log = self.ground.logs / f"{next(numbers)}-{words[0]}.log"
        return start_job(words, self.environment(**other), log)

    def kill_at(self, step: str, ear: Ear) -> JobProcess:
        """The step's job, killed at the ear's moment."""
        job = self.start(step, ear=ear)
        ear.arm(job.kill)
        return job

    def done(self, step: str) -> None:
        """The step again, undisturbed."""
        job = self.start(step)
        assert job.wait() in DONE, job.said()

    def holds(self) -> dict[str, Any]:
        """All that the tables and the lake hold, apart from the moments of the runs."""
        tables = {
            name: self.world.rows(f"select {columns} from market.{name} order by {columns}")
            for name, columns in KEPT.items()
        }
        return {**self.world.digest(), **tables, "lake": dict(self._lake())}

    def _lake(self) -> Iterator[tuple[str, Any]]:
        yield from self._received()
        for zone in ("trusted", "curated"):
            for key in self.world.lake.keys(zone, ""):
                yield f"{zone}/{key}", self._object(zone, key)

    def _received(self) -> Iterator[tuple[str, Any]]:
        """What the manifests of each day name, line by line: a rerun may cut it in other pieces.

        Not of facts, whose raw parts tell the moment they were asked.
        """
        rows: dict[str, set[bytes]] = {}
        for key in self.world.lake.keys("raw", f"source={MARKET}/"):
            folder, _, name = key.rpartition("/")
            if name.startswith(MANIFESTS):
                for part in json.loads(self.world.lake.get("raw", key))["parts"]:
                    body = gzip.decompress(self.world.lake.get("raw", part["key"]))
                    rows.setdefault(f"raw/{folder}", set()).update(body.splitlines())
        yield from ((folder, sorted(lines)) for folder, lines in rows.items())

    def _object(self, zone: Zone, key: str) -> Any:
        """Rows of a table; of other objects that they are there, as their keys tell their bytes."""
        if not key.endswith(".parquet"):
            return None
        rows = pl.read_parquet(io.BytesIO(self.world.lake.get(zone, key)))
        return rows.drop("known_at").rows() if "search_trends" in key else rows.rows()


def _at(url: str, old: int, new: int) -> str:
    return url.replace(f":{old}/", f":{new}/")


def access(servers: OwnServers) -> dict[str, str]:
    """How the lake is reached straight."""
    return {
        "AWS_ENDPOINT_URL_S3": servers.s3_url,
        "AWS_ACCESS_KEY_ID": servers.s3_keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": servers.s3_keys.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, str]:
    """What differs, with the first rows of it: two whole states are no readable message."""
    told = {}
    for name in wanted:
        if found[name] != wanted[name]:
            here, there = _items(found[name]), _items(wanted[name])
            more = [one for one in here if one not in there][:2]
            less = [one for one in there if one not in here][:2]
            told[name] = f"{len(here)} instead of {len(there)}; has {more}, lacks {less}"
    return told


def _items(held: Any) -> list[Any]:
    return list(held.items()) if isinstance(held, dict) else list(held)


@dataclass
class Undisturbed:
    """The night without a fault: before each step a copy of the world, after it what it holds, and
    what its job said to the servers."""

    ground: Ground
    before: dict[str, Night] = field(default_factory=dict)
    held_before: dict[str, dict[str, Any]] = field(default_factory=dict)
    held_after: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)

    def tables_changed_before_the_end(self, step: str, night: Night) -> dict[str, str]:
        """What differs from before the step and may not, as its job did not come to its end."""
        free = {"lake", *COMMITTED_ON_THE_WAY.get(step, ())}
        before = {name: rows for name, rows in self.held_before[step].items() if name not in free}
        return differences(night.holds(), before)

    def see(self) -> None:
        """Run the night."""
        night = fresh(self.ground)
        for words in BEFORE_THE_NIGHT:
            job = night.run(words, Ear())
            assert job.wait() in DONE, job.said()
        holds = night.holds()
        for step in STEPS:
            self.before[step], self.held_before[step] = copy(night), holds
            ear = Ear()
            job = night.start(step, ear=ear)
            assert job.wait() in DONE, job.said()
            holds = night.holds()
            self.held_after[step], self.said[step] = holds, ear.said


def fresh(ground: Ground) -> Night:
    """A world with a catalog and a product map."""
    night = _made(ground, TEMPLATE)
    with night.world.unit() as unit:
        load_catalog(unit, [BASE], CARDS)
    for product, card in CARDS_OF.items():
        map_product(night.world, MARKET, product, card)
    return night


def copy(night: Night) -> Night:
    """Another world that holds the same."""
    made = _made(night.ground, night.name)
    home = night.ground.servers.s3_home
    for zone in ZONES:
        old, new = (home / f"{name}-{zone}" for name in (night.name, made.name))
        shutil.copytree(old, new, dirs_exist_ok=True)
    return made


def _made(ground: Ground, template: str) -> Night:
    name, servers = f"fault{next(numbers)}", ground.servers
    create_database(servers.cluster, name, owner=MIGRATOR, users=SERVICES, template=template)
    client = boto3.Session().client("s3", config=Config(s3={"addressing_style": "path"}))
    create_buckets(client, prefix=name)
    url, superuser = (servers.cluster.url(role, name) for role in ("ingestion", SUPERUSER))
    return Night(name, World(url, superuser, Lake(name)), ground)


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """This process's own way to the lake while the block runs."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
