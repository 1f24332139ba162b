"""Defaults are the documented ones, the YAML file agrees with them, the environment goes on top."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from kernel.settings import PlatformSettings

SHIPPED = Path(__file__).parents[2] / "pricer.yaml"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRICER_CONFIG", raising=False)


def test_the_shipped_file_states_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = PlatformSettings()
    monkeypatch.setenv("PRICER_CONFIG", str(SHIPPED))
    assert PlatformSettings() == defaults
    assert defaults.signals.lambda_risk_aversion == 4.0
    assert defaults.signals.hysteresis == 0.02
    assert defaults.backtests.default_fees.sell_pct == 0.10
    assert defaults.etl.sources.ebay.rate_limit_per_min == 120


def test_the_file_beats_a_default_and_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("signals: {horizon_days: 30, hysteresis: 0.05}\n")
    monkeypatch.setenv("PRICER_CONFIG", str(mine))
    monkeypatch.setenv("PRICER_SIGNALS__HORIZON_DAYS", "7")
    settings = PlatformSettings()
    assert (settings.signals.horizon_days, settings.signals.hysteresis) == (7, 0.05)


def test_a_misspelt_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("signals: {horizont_days: 30}\n")
    monkeypatch.setenv("PRICER_CONFIG", str(mine))
    with pytest.raises(ValidationError, match="horizont_days"):
        PlatformSettings()


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRICER_CONFIG", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        PlatformSettings()


def test_the_file_marks_what_nothing_reads(repository: Path) -> None:
    code = " ".join(
        path.read_text()
        for package in ("ingestion", "signals_svc", "api_gw")
        for path in (repository / package).rglob("*.py")
    )
    above: list[str] = []
    wrong = []
    for line in SHIPPED.read_text().splitlines():
        found = re.match(r"( *)(\w+):(.*)", line)
        if found is None:
            continue
        depth, name = len(found[1]) // 2, found[2]
        above[depth:] = [name]
        if depth == 0 or "reserved" in above[:depth]:
            continue
        is_read = re.search(rf"\b{above[depth - 1]}\.{name}\b", code) is not None
        is_reserved = "# reserved:" in found[3]
        if is_read == is_reserved:
            wrong.append(".".join(above))
        if is_reserved:
            above[depth] = "reserved"
    assert wrong == []
