"""Serving imports no training library, and the command line keeps its promises."""

import json
import os
import subprocess
import sys

import pytest

from tests.signals_svc.conftest import CARDS, LAST_DAY, Desk
from tests.signals_svc.market_builder import mark

HEAVY = (
    "torch",
    "lightning",
    "pytorch_forecasting",
    "lightgbm",
    "pandas",
    "sklearn",
    "onnxmltools",
    "skl2onnx",
)

REPORT_MODULES = f"""
import atexit, sys
heavy = {HEAVY!r}
atexit.register(lambda: print("heavy:", [m for m in heavy if m in sys.modules], file=sys.stderr))
import signals_svc.app
signals_svc.app.command_line()(sys.argv[1:])
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", REPORT_MODULES, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ,
    )


def test_serving_jobs_run_without_any_training_library(market: Desk) -> None:
    mark(market.urls, [(card, "psa10") for card in CARDS], LAST_DAY)
    for job in ("build_features", "infer", "publish"):
        done = run("job", job)
        assert done.returncode == 0, done.stderr
        assert "heavy: []" in done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["job"] == job
    assert len(market.rows("select from signals.signals")) == 3 * len(CARDS)


def test_a_refusal_leaves_with_1_and_says_what_to_do(desk: Desk) -> None:
    done = run("job", "promote", "--model-version", "gbdt-none")
    assert done.returncode == 1
    assert "no model gbdt-none is registered" in done.stderr


def test_a_database_that_is_away_leaves_with_75_for_a_retry(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "postgresql://signals_svc:x@127.0.0.1:1/none"
    monkeypatch.setenv("SIGNALS_SVC_DATABASE_URL", away)
    done = run("job", "infer")
    assert done.returncode == 75, done.stderr
