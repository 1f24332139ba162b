"""A job killed at a chosen moment: a rerun makes all as if nothing was.

The moments are numbers of what the job says to its servers, taken from an undisturbed run; each
case begins on a copy of that run's world as it was before the job.
"""

import pytest

from tests.ingestion.faults import moment
from tests.ingestion.nights import STEPS, Undisturbed, copy, differences

pytest_plugins = ["tests.ingestion.faults"]

KILLED = -9
# Two each: in mid-work, and with everything written and not yet committed, or committed unheard.
KILLS = [
    ("fetch", "between its objects"),
    ("fetch", "after its last commit"),
    ("validate", "two thirds in"),
    ("validate", "before its last commit"),
    ("load_trades", "two thirds in"),
    ("load_trades", "before its last commit"),
    ("judge_outliers", "two thirds in"),
    ("judge_outliers", "after its last commit"),
    ("build_bars", "two thirds in"),
    ("build_bars", "before its last commit"),
    ("publish_curated", "between its objects"),
    ("publish_curated", "before its last commit"),
    ("refresh_hot", "two thirds in"),
    ("refresh_hot", "before its last commit"),
    ("fetch_facts", "before its last commit"),
    ("fetch_facts", "after its last commit"),
    ("run_backfill", "between its objects"),
    ("run_backfill", "before its last commit"),
]


def test_every_job_of_the_night_is_killed_twice() -> None:
    assert [step for step, _ in KILLS] == [step for step in STEPS for _ in range(2)]


@pytest.mark.parametrize(("step", "name"), KILLS)
def test_a_job_killed(step: str, name: str, quiet: Undisturbed) -> None:
    night, ear = copy(quiet.before[step]), moment(quiet.said[step], name)
    job = night.kill_at(step, ear)
    assert (job.wait(), ear.acted) == (KILLED, True)
    # A backfill commits day by day.
    if ear.when == "before" and step != "run_backfill":
        assert quiet.tables_changed_before_the_end(step, night) == {}
    night.done(step)
    assert differences(night.holds(), quiet.held_after[step]) == {}
