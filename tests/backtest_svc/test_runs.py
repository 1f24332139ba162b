"""Runs on a real store: figures in words, the result as JSON, and only what was known."""

import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.backtest_svc.conftest import Run
from tests.fixtures.postgres import DatabaseUrls


def test_a_run_tells_its_headline_figures_and_writes_the_result(
    market: DatabaseUrls, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "result.json"
    result = run("run", "--out", str(out))
    assert result.exit_code == 0, result.output
    for word in ("equity", "return", "buy and hold", "deepest fall", "trades", "fees"):
        assert word in result.stdout
    told = json.loads(out.read_text())
    assert len(told["days"]["day"]) == 168
    assert told["fills"]
    assert {fill["grade"] for fill in told["fills"]} == {"raw"}
    for fill in told["fills"]:
        assert fill["decided"] < fill["day"]
    spent = sum(round(f["copies"]) * f["price_cents"] + f["fee_cents"] for f in told["fills"])
    assert told["days"]["cash_cents"][-1] == pytest.approx(
        1_000_000 - spent, abs=len(told["fills"])
    )


def test_the_same_run_gives_the_same_bytes(market: DatabaseUrls, run: Run, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    moment = "2025-09-01T00:00:00Z"
    run("run", "--out", str(one), "--as-of", moment)
    run("run", "--out", str(other), "--as-of", moment)
    assert one.read_bytes() == other.read_bytes()


def test_what_became_known_after_the_moment_leaves_no_trace(
    market: DatabaseUrls, run: Run, tmp_path: Path
) -> None:
    def result(*options: str) -> bytes:
        out = tmp_path / "result.json"
        assert run("run", "--out", str(out), *options).exit_code == 0
        return out.read_bytes()

    early = ["--as-of", "2025-06-05T00:00:00Z"]
    before, then = result(), result(*early)
    correct_may(market, datetime(2025, 6, 10, tzinfo=UTC))
    assert result(*early) == then
    assert result() != before


def correct_may(market: DatabaseUrls, at: datetime) -> None:
    """Every bar from May on turns out to have been a tenth; what stood before is kept."""
    with psycopg.connect(market.ingestion) as connection:
        connection.execute(
            "insert into market.prices_daily_history (card_id, grade_code, day, kind, open_cents,"
            " high_cents, low_cents, close_cents, volume, known_at, superseded_at, reason)"
            " select card_id, grade_code, day, kind, open_cents, high_cents, low_cents,"
            " close_cents, volume, known_at, %s, 'corrected' from market.prices_daily"
            " where day between '2025-05-01' and '2025-06-09'",
            (at,),
        )
        connection.execute(
            "update market.prices_daily set open_cents = open_cents / 10, high_cents ="
            " high_cents / 10, low_cents = low_cents / 10, close_cents = close_cents / 10,"
            " known_at = %s where day between '2025-05-01' and '2025-06-09'",
            (at,),
        )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--to", "2025-01-01"], "is before --from"),
        (["--capital", "0"], "capital is 0.0; it must be above 0"),
        (["--from", "2020-01-01", "--to", "2020-02-01"], "choose other days"),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_words(
    market: DatabaseUrls, run: Run, options: list[str], told: str
) -> None:
    result = run("run", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_a_word_that_the_store_has_no_column_of_is_refused(market: DatabaseUrls, run: Run) -> None:
    result = run("run", rule="IF conviction > 50% THEN BUY 1 COPY")
    assert result.exit_code == 1
    assert "conviction: this market has no such column" in result.stderr


def test_a_rule_is_certified_and_the_cells_are_counted(market: DatabaseUrls, run: Run) -> None:
    result = run("verify", "--cuts", "3")
    assert result.exit_code == 0, result.output
    assert "No lookahead" in result.stdout
    assert "2025-04-11" in result.stdout
