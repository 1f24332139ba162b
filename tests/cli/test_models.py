"""`pricer models`: what it prints of the registry, and what it asks for."""

import os
import subprocess
import sys
from typing import Any

from tests.cli.test_backfill import answering as answering_in_turn
from tests.cli.test_pricer import answering, pricer

MODEL: dict[str, Any] = {
    "model_version": "tft-20260930-ab",
    "family": "tft",
    "stage": "canary",
    "canary_percent": 10,
    "since": "2026-10-08T02:00:00Z",
    "speaks": True,
    "trained_through": "2026-10-01T00:00:00Z",
    "feature_version": "price-1",
    "nights_heard": 7,
    "verdict": "90 d: skill +4.0%: passed",
}
OTHER = {**MODEL, "model_version": "gbdt-1", "stage": "shadow", "speaks": False}
OTHER["canary_percent"] = None
RUN: dict[str, Any] = {"run_id": "models-1", "state": "queued", "outcome": {}, "refused": None}


def models(*arguments: str, url: str, token: str = "the-token") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import pricer; pricer()", "models", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PRICER_API_URL": url, "PRICER_ADMIN_TOKEN": token},
    )
    return done.returncode, done.stdout + done.stderr


def test_an_arrow_points_at_who_speaks() -> None:
    with answering(200, {"models": [MODEL, OTHER]}) as url:
        code, said = pricer("models", "list", "--url", url)
    assert code == 0
    assert [" ".join(line.split()) for line in said.splitlines()] == [
        "-> tft-20260930-ab tft canary 10 % since 2026-10-08 heard 7 nights",
        "90 d: skill +4.0%: passed",
        "gbdt-1 tft shadow since 2026-10-08 heard 7 nights",
        "90 d: skill +4.0%: passed",
    ]


def test_a_version_is_shown_with_its_history_and_where_its_card_lies() -> None:
    change = {**MODEL, "at": MODEL["since"], "actor": "ann", "reason": "it may"}
    page = {**MODEL, "history": [change], "artifact_key": "forecaster/tft.zip", "sha256": "0" * 64}
    page |= {"card_html": "forecaster/tft.html", "card_markdown": "forecaster/tft.md"}
    with answering(200, page) as url:
        code, said = pricer("models", "show", "tft-20260930-ab", "--url", url)
    assert code == 0
    assert "card      forecaster/tft.html  forecaster/tft.md" in said
    assert "  2026-10-08T02:00:00Z  canary 10 %  by ann: it may" in said


def test_two_versions_stand_side_by_side() -> None:
    apart = {"horizon_days": 90, "nights": 7, "rows": 1000, "last_night": "2026-10-07"}
    apart |= {"mean_apart": 0.0123, "same_side": 0.8}
    figure = {"name": "horizons.90.pinball", "one": 0.08, "other": 0.1}
    found = {"one": MODEL, "other": OTHER, "figures": [figure], "apart": [apart]}
    with answering(200, found) as url:
        code, said = pricer("models", "compare", "tft-20260930-ab", "gbdt-1", "--url", url)
    assert code == 0
    assert said.splitlines()[2].split() == ["horizons.90.pinball", "0.08", "0.1"]
    assert "90 days: 0.0123 apart in the mean, 80% on the same side, 1,000 forecasts" in said


def test_a_promotion_is_asked_for_with_its_actor_and_waits_for_what_came_of_it() -> None:
    run = dict(RUN)
    outcome = {"outcome": "moved", "model_version": "gbdt-1", "stage": "canary", "marked": 1476}
    done = {**run, "state": "success", "outcome": outcome}
    with answering_in_turn((202, run), (200, run), (200, done)) as api:
        code, said = models(
            "promote", "gbdt-1", "--to", "canary", "--percent", "5", "--actor", "ann", url=api.url
        )
    assert (code, said.strip()) == (0, "gbdt-1 is in canary; 1,476 instruments are told anew now")
    method, path, token, body = api.sent[0]
    assert (method, path, token) == ("POST", "/admin/models/gbdt-1", "Bearer the-token")
    assert body == {"to": "canary", "percent": 5, "actor": "ann", "reason": "asked for"}


def test_a_refused_change_says_why_and_fails() -> None:
    run = dict(RUN)
    why = "Conflict: gbdt-1 was heard in the shadow on 6 of 7 nights; wait for 1 more"
    with answering_in_turn((202, run), (200, {**run, "state": "failed", "refused": why})) as api:
        assert models("promote", "gbdt-1", url=api.url) == (1, f"pricer: {why}\n")


def test_a_rollback_retires_and_one_that_goes_on_leaves_with_75() -> None:
    run = {**RUN, "state": "running"}
    with answering_in_turn((202, run), *[(200, run)] * 9) as api:
        code, said = models("rollback", "gbdt-1", "--within", "0.02", url=api.url)
    assert (code, "models-1  has not ended and goes on" in said) == (75, True)
    assert api.sent[0][3]["to"] == "retired"
