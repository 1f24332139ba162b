"""The card of each family, from what its artifact holds."""

from typing import Any

from signals_svc.domain.artifact import Artifact
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.input_words import words_of
from signals_svc.domain.model_card.forecasts import bought, calibration, coverage, in_order, tiers
from signals_svc.domain.model_card.parts import Card, Plot, Section, Sheet
from signals_svc.domain.model_card.shares import attention, importance
from signals_svc.domain.model_card.svg import Mark, Point, rows_chart, square_plot

FEW_WEEKS = (
    "Scores are of weeks the model had not seen, with outcomes known after everything it had."
    " They are few weeks of one market: intervals are wide."
)
LAST_PRINT = (
    "Forecasts start from the last sale. A sale that lies off its level comes back by itself:"
    " much of the rank IC over short horizons is that, and nobody can trade on it."
)
GAIN = "Share of all that the trees' splits gained"


def named(shares: dict[str, float]) -> dict[str, float]:
    """The same under the names people use."""
    return {words_of(name): share for name, share in shares.items()}


def forecaster_card(artifact: ForecasterArtifact) -> Card:
    """Of a sequence forecaster."""
    horizons = in_order(artifact.metrics)
    covered = {key: one["coverage"] for key, one in horizons.items()}
    beside = list(horizons.values())[-1]["best_baseline"]
    passed = ", ".join(f"{one} d" for one in artifact.passed)
    return Card(
        title="Sequence forecaster",
        version=artifact.version,
        verdict=artifact.metrics["verdict"],
        passed=bool(artifact.passed),
        facts=(*_facts(artifact), ("horizons earned", passed or "none")),
        caveats=(
            FEW_WEEKS,
            LAST_PRINT,
            "Horizons it has not earned are told by the best baseline.",
        ),
        sections=_told(
            _skill(artifact.metrics),
            coverage(horizons, covered),
            calibration(horizons),
            tiers(horizons, beside=f"the best baseline ({beside})"),
            bought(horizons),
            *attention(artifact.metrics["looked_at"]),
        ),
    )


def baseline_card(artifact: BaselineArtifact) -> Card:
    """Of a contest of simple forecasts."""
    horizons = in_order(artifact.metrics)
    covered = {key: one["coverage"][one["best"]] for key, one in horizons.items()}
    gain = artifact.metrics["importance"]
    return Card(
        title="Contest of simple forecasts",
        version=artifact.version,
        verdict=artifact.metrics["verdict"],
        passed=True,
        facts=(
            *_facts(artifact),
            ("winners", ", ".join(f"{h} d {n}" for h, n in artifact.best.items())),
        ),
        caveats=(
            FEW_WEEKS,
            LAST_PRINT,
            "The winner speaks where no forecaster has earned a horizon; it was not in the shadow.",
            "Trees that only know that odd prints come back may not win: nobody can buy at those.",
        ),
        sections=_told(
            _losses(artifact.metrics),
            coverage(horizons, covered),
            calibration(horizons),
            tiers(horizons, beside="the last price"),
            bought(horizons, of="The trees' forecasts, whoever speaks. "),
            importance(named(gain), words=f"{GAIN}, over the longest horizon.") if gain else None,
        ),
    )


def classifier_card(artifact: Artifact) -> Card:
    """Of a classifier of BUY, HOLD and SELL."""
    metrics = artifact.metrics
    return Card(
        title="Signal classifier",
        version=artifact.version,
        verdict=metrics["verdict"],
        passed=metrics["accepted"],
        facts=(*_facts(artifact), ("horizon", f"{artifact.horizon_days} days")),
        caveats=(
            FEW_WEEKS,
            f"BUY is a log return above {metrics['break_even']:+.3f}, which earns the fees back,"
            " and SELL one below its negative.",
            LAST_PRINT,
        ),
        sections=_told(
            _folds(metrics),
            _reliability(metrics["reliability"]),
            _conviction_tiers(metrics["tiers"]),
            importance(named(metrics["importance"]), words=f"{GAIN}."),
        ),
    )


def _told(*sections: Section | None) -> tuple[Section, ...]:
    return tuple(section for section in sections if section is not None)


def _facts(
    artifact: Artifact | BaselineArtifact | ForecasterArtifact,
) -> tuple[tuple[str, str], ...]:
    metrics: dict[str, Any] = artifact.metrics
    return (
        ("learned nothing after", artifact.trained_through[:10]),
        ("examples", f"{metrics['rows']:,}"),
        ("features", artifact.feature_version),
        ("data", artifact.data_fingerprint[:16]),
        ("export differs by at most", f"{metrics['parity']:.1e}"),
    )


def _skill(metrics: dict[str, Any]) -> Section:
    marks, rows = [], []
    for series, (key, one) in enumerate(in_order(metrics).items()):
        for name, skill in one["skills"].items():
            label = f"{key} d over {name}"
            marks.append(Mark(label, skill["value"], skill["low"], skill["high"], series))
        ic = one["rank_ic"]
        told = f"{ic['value']:.2f} ({ic['low']:.2f} to {ic['high']:.2f})"
        passed = "passed" if one["passed"] else "failed"
        rows.append((f"{key} days", one["best_baseline"], told, f"{one['pinball']:.4f}", passed))
    words = (
        "1 - pinball loss over each baseline's, with 95 % intervals from whole blocks of weeks."
        " A horizon is earned only where the interval lies right of zero for the best baseline."
    )
    columns = ("horizon", "best baseline", "rank IC from the last sale", "pinball", "gate")
    plot = Plot("skill", words, rows_chart(marks, words=words, bars=False))
    return Section("Skill by horizon", words, plot, Sheet(columns, tuple(rows)))


def _losses(metrics: dict[str, Any]) -> Section:
    marks, rows = [], []
    for series, (key, one) in enumerate(in_order(metrics).items()):
        naive = one["pinball"]["naive"]
        for name, loss in sorted(one["pinball"].items(), key=lambda pair: pair[1]):
            marks.append(Mark(f"{key} d {name}", 1.0 - loss / naive, series=series))
            rows.append((f"{key} days {name}", f"{loss:.4f}", f"{one['coverage'][name]:.1%}"))
    words = "Pinball loss saved against the last price, out of fold. The verdict says who speaks."
    sheet = Sheet(("forecast", "pinball", "in the 80 % band"), tuple(rows))
    plot = Plot("skill", words, rows_chart(marks, words=words))
    return Section("Skill by horizon", words, plot, sheet)


def _folds(metrics: dict[str, Any]) -> Section:
    marks = [
        Mark(f"test block {place + 1}", fold["gain"] / fold["prior"])
        for place, fold in enumerate(metrics["folds"])
    ]
    words = "Log-loss saved against the class frequencies, on each test block, oldest first."
    return Section("Skill over time", words, Plot("skill", words, rows_chart(marks, words=words)))


def _reliability(curve: list[dict[str, Any]]) -> Section:
    most = max((one["rows"] for one in curve), default=1)
    points = [
        Point(one["conviction"], one["came_true"], ACTIONS.index(one["action"]), one["rows"] / most)
        for one in curve
    ]
    words = "Conviction against how often it came true, on the last test block; size is how many."
    svg = square_plot(points, words=words, x="conviction", y="came true", names=ACTIONS)
    return Section("Reliability", words, Plot("reliability", words, svg))


def _conviction_tiers(found: list[dict[str, Any]]) -> Section:
    words = "Mean conviction and how often it came true, by copies sold in the 90 days before."
    rows = tuple(
        (one["tier"], f"{one['rows']:,}", f"{one['conviction']:.1%}", f"{one['came_true']:.1%}")
        for one in found
    )
    marks = [Mark(one["tier"], one["came_true"] - one["conviction"]) for one in found]
    told = "Came true less conviction: right of zero it was too modest, left too sure."
    plot = Plot("tiers", told, rows_chart(marks, words=told)) if marks else None
    columns = ("sold in 90 days", "signals", "conviction", "came true")
    return Section("Reliability by liquidity", f"{words} {told}", plot, Sheet(columns, rows))
