"""The command line as Airflow calls it: exit codes, last lines, and a real marketplace."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import redis

from stack.ports import PortBook
from stack.simulator.app import create_app
from tests.ingestion.conftest import Job, Outcome, WriteCsv
from tests.ingestion.served import served

SIMULATOR = Path("stack/simulator")
TOKEN = "let-me-in"


@pytest.fixture
def simulator(port_book: PortBook, first_port: int) -> Iterator[str]:
    noon = datetime(2026, 10, 2, 12, tzinfo=UTC)
    app = create_app(token=TOKEN, instance_id="i-1", seed=7, clock=lambda: noon, cards=60)
    with served(app, port_book.take("market", first_port)) as url:
        yield url


def test_a_nightly_run_from_the_marketplace_to_curated_months(
    job: Job, simulator: str, repository: Path
) -> None:
    reach = {"PRICER_MARKETPLACE_URL": simulator, "PRICER_MARKETPLACE_TOKEN": TOKEN}
    run = ("--source", "marketplace", "--date", "2024-10-03")
    assert job("load_catalog", "--from", str(SIMULATOR / "catalog.json")).summary["cards"] == 400
    products = job("load_product_map", "--from", str(SIMULATOR / "product_map.csv"))
    assert products.summary["products_changed"] == 1200

    httpx.post(f"{simulator}/_faults", json={"status": 500, "times": 99, "retry_after_s": 0})
    failed = job("fetch", *run, **reach)
    assert failed.code == 75
    assert "ebay did not answer: HTTP 500" in failed.said
    httpx.delete(f"{simulator}/_faults")
    refused = job("fetch", *run, **{**reach, "PRICER_MARKETPLACE_TOKEN": "wrong"})
    assert refused.code == 1
    assert "set PRICER_MARKETPLACE_TOKEN" in refused.said
    early = job("validate", *run)
    assert early.code == 1
    assert "run `ingestion job fetch --source marketplace --date 2024-10-03` first" in early.said

    fetched = job("fetch", *run, "--since", "2024-10-01", **reach)
    assert fetched.summary["rows"] > 100
    assert job("validate", *run).summary["trusted"] == fetched.summary["rows"]
    assert job("load_trades", *run).summary["added"] == fetched.summary["rows"]
    assert job("judge_outliers").summary["judged"] == fetched.summary["rows"]
    built = job("build_bars")
    assert built.summary["bars_added"] > 50
    assert job("publish_curated").summary["prices_daily_rows"] == built.summary["bars_added"]
    assert job("load_trades", *run).summary["added"] == 0


def test_a_wrong_file_is_a_final_failure_that_says_what_to_do(
    job: Job, plain_file: WriteCsv, tmp_path: Path
) -> None:
    run = ("fetch", "--source", "plain_sales", "--date", "2024-05-01", "--path")
    empty = job(*run, str(plain_file("empty.csv", [])))
    assert (empty.code, empty.summary) == (1, {})
    assert "File empty: empty.csv has no rows" in empty.said
    wrong = job("fetch", "--source", "ebuy", "--date", "2024-05-01")
    assert wrong.code == 1
    assert "no source 'ebuy'; use one of" in wrong.said
    usage = job("fetch", "--source", "plain_sales", "--date", "tomorrow")
    assert usage.code == 2
    backwards = job(*run, str(tmp_path), "--since", "2024-06-01")
    assert backwards.code == 1
    assert "--since 2024-06-01 is after --date 2024-05-01" in backwards.said


def test_rows_in_quarantine_show_in_the_exit_code_and_the_good_rows_go_in(
    job: Job, plain_file: WriteCsv
) -> None:
    job("load_catalog", "--from", str(SIMULATOR / "catalog.json"))
    good = "base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1"
    path = plain_file("a.csv", [good, good.replace("100.00", "dear").replace("s1", "s2")])
    run = ("--source", "plain_sales", "--date", "2024-05-01")
    assert job("fetch", *run, "--path", str(path)).code == 0
    told = job("validate", *run)
    assert (told.code, told.summary["quarantined_by_reason"]) == (3, {"price_unreadable": 1})
    loaded = job("load_trades", *run)
    assert (loaded.code, loaded.summary["added"]) == (0, 1)


def test_bars_that_changed_leave_the_cache_and_a_cache_that_is_away_stops_nothing(
    job: Job, plain_file: WriteCsv, valkey: str
) -> None:
    job("load_catalog", "--from", str(SIMULATOR / "catalog.json"))
    sale = "base1-4,{},{},2024-05-01T10:00:00Z,{}"
    run = ("--source", "plain_sales", "--date", "2024-05-01")
    keys = {grade: f"card:price:daily:base1-4:{grade}" for grade in ("psa9", "psa10")}

    def ingest(name: str, line: str, url: str) -> Outcome:
        job("fetch", *run, "--path", str(plain_file(name, [line])))
        job("validate", *run)
        job("load_trades", *run)
        job("judge_outliers")
        return job("build_bars", PRICER_REDIS_URL=url)

    with redis.Redis.from_url(valkey) as store:
        store.mset(dict.fromkeys(keys.values(), "old"))
        assert ingest("a.csv", sale.format("psa9", "100", "s1"), valkey).code == 0
        assert store.mget(keys["psa9"], keys["psa10"]) == [None, b"old"]
    away = ingest("b.csv", sale.format("psa10", "300", "s2"), "redis://127.0.0.1:9/0")
    assert (away.code, away.summary["bars_added"]) == (0, 1)
    assert away.said.count("series.not_forgotten") == 1


def test_a_database_that_is_down_is_worth_a_retry_and_a_missing_setting_is_not(job: Job) -> None:
    nowhere = "postgresql://ingestion@127.0.0.1:9/none"
    assert job("judge_outliers", INGESTION_DATABASE_URL=nowhere).code == 75
    unset = job("judge_outliers", INGESTION_DATABASE_URL="", PRICER_SOURCE_DEADLINE_S="soon")
    assert unset.code == 1
    assert "source_deadline_s" in unset.said


def test_partitions_are_made_ahead_once(job: Job) -> None:
    made = job("ensure_partitions", "--date", "2026-10-01", "--months-ahead", "2").summary
    assert [made[table] for table in ("trades", "prices_daily", "reported_prices")] == [3, 3, 3]
    again = job("ensure_partitions", "--date", "2026-10-01", "--months-ahead", "2").summary
    assert again["trades"] == 0
