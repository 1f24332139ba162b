"""PostgreSQL, Valkey or S3 killed at a chosen moment: a rerun makes all as if nothing was.

The moments are numbers of what the job says to its servers, taken from an undisturbed run; each
case begins on a copy of that run's world as it was before the job.
"""

import pytest

from tests.ingestion.faults import PUT, moment
from tests.ingestion.month_of_sales import LAST
from tests.ingestion.nights import STEPS, Night, Undisturbed, copy, differences
from tests.ingestion.wiretap import Ear

pytest_plugins = ["tests.ingestion.faults"]

RETRY = 75


def assert_rerun_makes_all_as_if_nothing_was(night: Night, quiet: Undisturbed, step: str) -> None:
    night.done(step)
    assert differences(night.holds(), quiet.held_after[step]) == {}


def test_the_undisturbed_night_has_what_a_market_has(quiet: Undisturbed) -> None:
    held = quiet.held_after["run_backfill"]
    assert len(held["trades"]) > 3_500
    assert len({row[1].replace(day=1).date() for row in held["trades"]}) >= 5
    assert len({row[2:4] for row in held["trades"]}) == 9
    ends = [row[14] for row in held["trade_versions"]]
    assert (ends.count("corrected") > 50, ends.count("revoked") > 5) == (True, True)
    verdicts = [row[3] for row in held["outlier_verdicts"]]
    assert (verdicts.count("outlier") > 20, verdicts.count("kept") >= 2) == (True, True)
    assert len(held["quarantine"]) == 12
    assert ("marketplace", "", str(LAST)) in held["source_cursors"]
    assert len(held["prices_daily_history"]) > 20
    for step in STEPS:
        assert quiet.held_before[step] != quiet.held_after[step], step


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("load_trades", "two thirds in"),
        ("load_trades", "after its last commit"),
        ("build_bars", "two thirds in"),
    ],
)
def test_postgresql_killed(step: str, name: str, quiet: Undisturbed) -> None:
    night, ear = copy(quiet.before[step]), moment(quiet.said[step], name)
    servers = night.ground.servers
    job = night.start(step, ear=ear)
    ear.arm(servers.postgres.kill)
    assert job.wait() == RETRY
    assert "PostgreSQL did not answer" in job.said()
    servers.postgres.start()
    if ear.when == "before":
        assert quiet.tables_changed_before_the_end(step, night) == {}
    assert_rerun_makes_all_as_if_nothing_was(night, quiet, step)


@pytest.mark.parametrize("step", ["fetch", "load_trades", "publish_curated"])
def test_s3_killed(step: str, quiet: Undisturbed) -> None:
    """Between two objects where the job writes some, before its first one where it reads."""
    said = quiet.said[step]
    writes = any(word.startswith(PUT) for word in said)
    first = next(at for at, word in enumerate(said) if word.startswith("s3: "))
    ear = moment(said, "between its objects") if writes else Ear(first)
    night = copy(quiet.before[step])
    servers = night.ground.servers
    job = night.start(step, ear=ear)
    ear.arm(servers.s3.kill)
    assert job.wait() == RETRY
    assert "S3 did not" in job.said()
    servers.s3.start()
    assert quiet.tables_changed_before_the_end(step, night) == {}
    if step == "publish_curated":
        assert_each_object_is_whole(night, quiet)
    assert_rerun_makes_all_as_if_nothing_was(night, quiet, step)


def assert_each_object_is_whole(night: Night, quiet: Undisturbed) -> None:
    """Some as before, some as after, none in between."""
    before, after = (
        held["publish_curated"]["lake"] for held in (quiet.held_before, quiet.held_after)
    )
    told = night.holds()["lake"]
    changed = {key for key in after if after[key] != before.get(key) and key.endswith(".parquet")}
    new = {key for key in changed if key in told and told[key] == after[key]}
    old = {key for key in changed if told.get(key) == before.get(key)}
    assert new | old == changed
    assert new
    assert old


@pytest.mark.parametrize(
    ("step", "command", "warning"),
    [("fetch", "EVAL", "limit.local"), ("build_bars", "UNLINK", "series.not_forgotten")],
)
def test_valkey_killed_costs_a_warning_and_no_row(
    step: str, command: str, warning: str, quiet: Undisturbed
) -> None:
    asked = [at for at, word in enumerate(quiet.said[step]) if word == f"valkey: {command}"]
    night, ear = copy(quiet.before[step]), Ear(asked[len(asked) // 2])
    servers = night.ground.servers
    job = night.start(step, ear=ear)
    ear.arm(servers.valkey.kill)
    assert job.wait() == 0
    assert warning in job.said()
    assert differences(night.holds(), quiet.held_after[step]) == {}
