"""The demo's table of what came of replayed signals: every figure has its n and its interval."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from stack.demo.track_record import NoTrackRecord, print_track_record
from tests.cli.test_pricer import answering

RATE = {"n": 2884, "days": 21, "value": 0.2961, "low": 0.274, "high": 0.325, "over": "cards"}
IC = {"n": 10236, "days": 21, "value": 0.116, "low": None, "high": None, "over": None}
SCORED: dict[str, Any] = {
    "first_day": "2026-04-08",
    "last_day": "2026-08-26",
    "spans": 4,
    "outcomes": {"no_exit": 12, "scored": 10236},
    "overall": {"hit_rate": RATE, "net_return": RATE, "came_true": RATE, "ic": IC},
}
NOTHING: dict[str, Any] = {"outcomes": {}, "overall": {}}


def printed(live: dict[str, Any], replayed: dict[str, Any]) -> str:
    console = Console(file=StringIO(), width=150)
    with answering(200, {"live": live, "replayed": replayed}) as url:
        print_track_record(url, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_replayed_signals_have_a_table_of_their_own_with_n_and_intervals() -> None:
    said = printed(NOTHING, SCORED)
    assert "What came of replayed signals" in said
    assert "live" not in said
    assert "29.6 % (27.4 to 32.5*, 2,884)" in said
    assert "+0.116 (no interval, 10,236)" in said
    assert (
        "30 d: 10,236 of 10,248 scored (no_exit 12), decided 2026-04-08 to 2026-08-26, 4 x 30 days"
    ) in said


def test_live_and_replayed_signals_are_two_tables() -> None:
    said = printed(SCORED, SCORED)
    assert said.count("What came of live signals") == said.count("of replayed signals") == 1


def test_an_api_that_refuses_is_named() -> None:
    with (
        answering(503, {"detail": "away"}) as url,
        pytest.raises(NoTrackRecord, match="503"),
    ):
        print_track_record(url, Console(file=StringIO()))
