"""The tables at the end of the main job, from a real database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from ingestion.adapters.sources.posts import DAYS, whole_days
from kernel.days import end_of
from stack.demo import plans
from stack.demo.main_job import Told, brief
from stack.demo.plans import DataMissing, Night, Plan
from stack.demo.report import Report, reasons
from stack.state import REPOSITORY
from tests.fixtures.postgres import DatabaseUrls

NIGHT = Night("test source", "files", date(2026, 3, 1), {})
PLAN = Plan({}, (NIGHT,), None)
RESULTS: Mapping[str, Mapping[str, object]] = {
    "validate": {"read": 12, "quarantined": 3, "quarantined_by_reason": {"a": 1, "b": 2}},
    "load_trades": {"added": 9, "unchanged": 0, "instruments": 2},
}
SIGNAL = """
insert into signals.signals (card_id, grade_code, asof_ts, model_version, feature_version, action,
  conviction, expected_return, utility, price_cents, series, reasons, features, fingerprint,
  known_at)
values ('base1-4', %s, %s, %s, 'f', %s, 0.5, 0.1, %s, 123400, 'trade', %s, '{}', '', %s)
"""


@pytest.fixture
def printed(database: DatabaseUrls) -> str:
    moment = end_of(NIGHT.as_of)
    with psycopg.connect(database.superuser) as connection:
        connection.execute(
            "insert into market.sets (set_id, game, name) values ('base1', 'pokemon', 'Base')"
        )
        connection.execute(
            "insert into market.cards (card_id, game, set_id, name, number)"
            " values ('base1-4', 'pokemon', 'base1', 'Charizard', '4')"
        )
        for grade, model, action, utility, why in (
            ("psa9", "ewma", "HOLD", 0.01, "[]"),
            ("psa10", "ewma", "HOLD", 9.0, '[{"code": "illiquid"}]'),
            ("raw", "ewma", "HOLD", 0.02, "[]"),
        ):
            connection.execute(SIGNAL, (grade, moment, model, action, utility, why, moment))
        later = moment.replace(hour=4)
        connection.execute(SIGNAL, ("psa9", moment, "gbdt", "BUY", 0.03, "[]", later))
        connection.execute(
            "insert into market.divergences (card_id, grade_code, rule, as_of, ratio, fence,"
            " detail, opened_at) values ('base1-4', 'psa9', 'sources', %s, 3, 2, '{}', %s)",
            (NIGHT.as_of, moment),
        )
        for subject_id, verdict in ((1, "outlier"), (1, "kept"), (2, "outlier"), (3, "confirmed")):
            connection.execute(
                "insert into market.outlier_verdicts (subject, subject_id, card_id, grade_code,"
                " event_at, known_at, verdict, rule)"
                " values ('trade', %s, 'base1-4', 'psa9', %s, %s, %s, 'fence')",
                (subject_id, moment, moment, verdict),
            )
    told = Told(results={f"{NIGHT.title}, night of {NIGHT.as_of}": dict(RESULTS)})
    console = Console(file=StringIO(), width=160)
    Report(database.api_gw, PLAN, told, console).print()
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_rows_are_counted_with_the_reasons_of_quarantine(printed: str) -> None:
    assert "│ test source │   12 │     9 │" in printed
    assert "quarantined, test source: b 2, a 1" in printed


def test_instruments_whose_prices_disagree_are_counted_by_rule(printed: str) -> None:
    assert "Flagged, not announced, their prices disagree: between sources 1." in printed


def test_only_prices_that_are_out_now_count_as_outliers(printed: str) -> None:
    assert "1 prices left out as outliers" in printed


def test_the_newest_word_on_an_instrument_is_told_and_illiquid_ones_are_no_candidates(
    printed: str,
) -> None:
    assert "BUY 1, HOLD 2" in printed
    rows = [line for line in printed.splitlines() if "Charizard 4" in line]
    assert ["psa9" in rows[0], "raw" in rows[1], len(rows)] == [True, True, 2]
    assert "$1,234.00" in rows[0]


def test_a_live_line_leaves_zeros_out() -> None:
    assert (
        brief({"job": "x", "rows": 1200, "bad_rows": 0, "version": "v1"})
        == "rows 1,200, version v1"
    )
    facts = {"fact": "sentiment", "sources": [{"source": "reddit", "added": 1200}]}
    assert brief(facts) == "fact sentiment, reddit added 1,200"
    assert reasons(None) == ""


def test_a_data_folder_that_lacks_files_is_refused_with_their_names(
    tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "pokemon_catalog").mkdir()
    with pytest.raises(DataMissing, match=r"psa_auction_sales/psa_sales\.csv\.gz"):
        plans.imported(repository, tmp_path)


@pytest.mark.parametrize(
    "now", [datetime(2026, 11, 28, 0, 1, tzinfo=UTC), datetime(2027, 1, 1, 23, 59, tzinfo=UTC)]
)
def test_the_facts_are_of_days_that_posts_can_still_be_asked_for(now: datetime) -> None:
    plan = plans.simulated(REPOSITORY, today=now.date())
    assert plan.facts_as_of is not None
    begins, ends = whole_days(plan.facts_as_of, now, reach=DAYS)
    assert (ends - begins).days >= 5
