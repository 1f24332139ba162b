"""A model card tells every number of its verdict, alone, on light and dark, as page and text."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.input_words import words_of
from signals_svc.domain.model_card.cards import forecaster_card
from signals_svc.usecases.train import card_files

BOUGHT = {
    "rows": 900,
    "within_days": 45,
    "rank_ic": {"value": 0.07, "low": 0.01, "high": 0.13},
    "top_share": 0.1,
    "top_net": 0.031,
    "all_net": -0.142,
}


def horizon(days: int, *, skill: float, passed: bool) -> dict[str, Any]:
    return {
        "horizon_days": days,
        "rows": 1234,
        "best_baseline": "naive",
        "skills": {
            name: {"value": skill, "low": skill - 0.02, "high": skill + 0.02}
            for name in ("naive", "drift", "ewma", "lightgbm")
        },
        "rank_ic": {"value": 0.11, "low": 0.05, "high": 0.17},
        "coverage": 0.79,
        "pinball": 0.0456,
        "passed": passed,
        "below": [0.11, 0.49, 0.88],
        "tiers": [{"tier": "6 to 29 sales", "rows": 600, "coverage": 0.8, "skill": 0.021}],
        "bought": BOUGHT if days == 90 else None,
    }


@pytest.fixture
def files() -> dict[str, str]:
    shares = {"fixed.sigma": 0.4, "past.level": 0.6, **{f"week.{n + 1}": 0.04 for n in range(26)}}
    artifact = ForecasterArtifact(
        version="tft-20260930-abcd",
        feature_version="price-1",
        margins={},
        trained_through="2026-10-01T00:00:00+00:00",
        data_fingerprint="f" * 32,
        metrics={
            "passed": [90],
            "verdict": "7 d: skill -1.0 %: failed; 90 d: skill <3.0 %>: passed",
            "horizons": {
                "90": horizon(90, skill=0.031, passed=True),
                "7": horizon(7, skill=-0.012, passed=False),
            },
            "rows": 5000,
            "parity": 4e-7,
            "looked_at": shares,
        },
        onnx=b"",
    )
    return card_files(forecaster_card(artifact))


def test_a_page_fetches_nothing_and_knows_light_and_dark(files: dict[str, str]) -> None:
    page = files["tft-20260930-abcd.html"]
    assert re.findall(r'(?:src|href)="', page) == []
    assert set(re.findall(r"https?://[^\"' ]*", page)) == {"http://www.w3.org/2000/svg"}
    assert page.count("prefers-color-scheme:dark") >= 2
    assert "skill &lt;3.0 %&gt;: passed" in page, "what a verdict says is text, not markup"
    assert page.count("<svg ") == 6
    for told in ("+3.1%", "0.07 (0.01 to 0.13)", "-14.2%", "79.0%", "90 d over lightgbm"):
        assert told in page, told
    assert page.index("7 days") < page.index("90 days"), "the shortest horizon first"


def test_the_text_links_plots_that_lie_beside_it(files: dict[str, str]) -> None:
    text = files["tft-20260930-abcd.md"]
    linked = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    assert sorted(linked) == sorted(name for name in files if name.endswith(".svg"))
    for name in linked:
        assert ElementTree.fromstring(files[name]).tag.endswith("svg")
    assert "| 90 days | naive | 0.11 (0.05 to 0.17) | 0.0456 | passed |" in text


def test_every_input_has_words_of_its_own() -> None:
    assert len({words_of(name) for name in NAMES}) == len(NAMES)
