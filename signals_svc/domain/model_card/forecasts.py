"""Sections of a card about forecasts of horizons: skill, coverage, calibration, tiers, buying."""

from collections.abc import Mapping
from typing import Any

from signals_svc.domain.forecast_model import QUANTILES
from signals_svc.domain.model_card.parts import Plot, Section, Sheet
from signals_svc.domain.model_card.svg import Mark, Point, rows_chart, square_plot

Horizons = Mapping[str, Mapping[str, Any]]


def in_order(metrics: Mapping[str, Any]) -> Horizons:
    """The figures of each horizon, the shortest first."""
    found: Horizons = metrics["horizons"]
    return {key: found[key] for key in sorted(found, key=int)}


def coverage(horizons: Horizons, covered: Mapping[str, float]) -> Section:
    """`covered`: share within the band by horizon."""
    marks = [Mark(f"{key} days", covered[key]) for key in horizons]
    words = "Share of outcomes within the 80 % band; the shaded range is what the gate asks for."
    svg = rows_chart(marks, words=words, band=(0.76, 0.84))
    return Section("Coverage of the band", words, Plot("coverage", words, svg))


def calibration(horizons: Horizons) -> Section:
    """Shares below each quantile against what they should be."""
    points = [
        Point(nominal, share, series)
        for series, one in enumerate(horizons.values())
        for nominal, share in zip(QUANTILES, one["below"], strict=True)
    ]
    words = "Share of outcomes below each quantile. On the line a quantile is what it says."
    names = [f"{key} days" for key in horizons]
    svg = square_plot(points, words=words, x="quantile", y="share of outcomes below", names=names)
    sheet = Sheet(
        ("horizon", *(f"below {one}" for one in QUANTILES), "forecasts"),
        tuple(
            (f"{key} days", *(f"{share:.1%}" for share in one["below"]), f"{one['rows']:,}")
            for key, one in horizons.items()
        ),
    )
    return Section("Calibration", words, Plot("calibration", words, svg), sheet)


def tiers(horizons: Horizons, *, beside: str) -> Section:
    """Skill and coverage by how often a card sells, at the longest horizon."""
    key, one = list(horizons.items())[-1]
    words = f"{key} days, by copies sold in the 90 days before: skill over {beside}, and coverage."
    marks = [Mark(tier["tier"], tier["skill"]) for tier in one["tiers"]]
    sheet = Sheet(
        ("sold in 90 days", "forecasts", "skill", "in the 80 % band"),
        tuple(
            (tier["tier"], f"{tier['rows']:,}", f"{tier['skill']:+.1%}", f"{tier['coverage']:.1%}")
            for tier in one["tiers"]
        ),
    )
    plot = Plot("tiers", words, rows_chart(marks, words=words)) if marks else None
    return Section("Reliability by liquidity", words, plot, sheet)


def bought(horizons: Horizons, *, of: str = "") -> Section | None:
    """What a buyer at the next sale would have got, at horizons that can be said of."""
    told = {key: one["bought"] for key, one in horizons.items() if one["bought"]}
    if not told:
        return None
    rows = tuple(
        (
            f"{key} days",
            f"{one['rank_ic']['value']:.2f}"
            f" ({one['rank_ic']['low']:.2f} to {one['rank_ic']['high']:.2f})",
            f"{one['top_net']:+.1%}",
            f"{one['all_net']:+.1%}",
        )
        for key, one in told.items()
    )
    words = (
        f"{of}Bought at the next sale after the forecast and sold at the horizon, fees of both"
        " sides paid. A forecast starts from the last print, which may lie off its level and comes"
        " back before anybody can trade at it: only this table is free of that."
    )
    columns = ("horizon", "rank IC from the next sale", "top tenth, net", "all, net")
    return Section("What a buyer gets", words, None, Sheet(columns, rows))
