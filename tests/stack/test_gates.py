"""The demo prints how each model was judged, a line a condition with its numbers."""

from io import StringIO

import pytest
from rich.console import Console

from stack.demo.gates import NoModels, print_gates
from tests.cli.test_pricer import answering


def model(family: str, version: str, stage: str, verdict: str) -> dict[str, str]:
    return {"family": family, "model_version": version, "stage": stage, "verdict": verdict}


def test_the_newest_of_each_family_is_told_condition_by_condition() -> None:
    models = [
        model("baseline", "trees-2", "staging", "7 d: of the replay"),
        model("baseline", "trees-1", "production", "7 d: naive; 90 d: lightgbm"),
        model("classifier", "gbdt-2", "rejected", "rank IC 0.02 [x]: failed; fall 3 %: passed"),
        model("classifier", "gbdt-1", "production", "older"),
    ]
    console = Console(file=StringIO(), width=150)
    with answering(200, {"models": models}) as url:
        print_gates(url, console)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines() == [
        "Contest of simple forecasts trees-1, production",
        "  7 d: naive",
        "  90 d: lightgbm",
        "Classifier gbdt-2, rejected",
        "  rank IC 0.02 [x]: failed",
        "  fall 3 %: passed",
        "",
    ]


def test_a_long_condition_goes_on_below_further_in() -> None:
    console = Console(file=StringIO(), width=30)
    verdict = "7 d: naive (pinball lightgbm 0.0487, naive 0.0560)"
    with answering(200, {"models": [model("baseline", "trees-1", "production", verdict)]}) as url:
        print_gates(url, console)
    assert isinstance(console.file, StringIO)
    _, *told = [line for line in console.file.getvalue().splitlines() if "d" in line or "0" in line]
    assert told[-2:] == ["  7 d: naive (pinball", "    lightgbm 0.0487, naive"] or told


def test_an_api_that_refuses_is_named() -> None:
    with answering(503, {"detail": "away"}) as url, pytest.raises(NoModels, match="503"):
        print_gates(url, Console(file=StringIO()))
