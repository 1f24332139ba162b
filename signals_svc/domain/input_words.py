"""What the inputs of classifier and trees are called by people."""

import math

BASE = {
    "momentum_7": "price change in 7 days",
    "momentum_30": "price change in 30 days",
    "momentum_90": "price change in 90 days",
    "momentum_180": "price change in half a year",
    "volatility_90": "price swings of 90 days",
    "volatility_365": "price swings of a year",
    "volatility_ewma": "price swings of late",
    "downside_90": "falls of 90 days",
    "downside_365": "falls of a year",
    "drawdown_90": "distance from the high of 90 days",
    "drawdown_365": "distance from the high of a year",
    "days_since_high_90": "days since the high of 90 days",
    "days_since_high_365": "days since the high of a year",
    "trades_7": "sales of 7 days",
    "trades_30": "sales of 30 days",
    "trades_90": "sales of 90 days",
    "impact_90": "how far a sale moves the price",
    "excess_30": "30 days against its set",
    "excess_90": "90 days against its set",
    "premium_raw": "PSA 10 premium over raw",
    "premium_nine": "PSA 10 premium over 9",
    "premium_raw_z": "PSA 10 premium over raw, by its own norm",
    "premium_nine_z": "PSA 10 premium over 9, by its own norm",
    "rank_30": "rank of the month",
    "rank_90": "rank of the quarter",
    "recency_days": "days since the last sale",
    "bounce": "how far single sales scatter",
    "forecast_q50": "trend forecast",
    "forecast_sigma": "spread of the trend forecast",
    "read_q10": "low end of the learned forecast",
    "read_q50": "middle of the learned forecast",
    "read_q90": "high end of the learned forecast",
}
AMONG_ALL = ", among all"  # the same as a robust z across the instruments of the day


def words_of(name: str) -> str:
    """Of an input as classifier_inputs.CLASSIFIER_NAMES has it."""
    kind, _, base = name.rpartition(".")
    return BASE[base] + (AMONG_ALL if kind == "z" else "")


PERCENT_OF_LOG = ("momentum", "excess", "premium_raw", "premium_nine", "forecast_q50", "read_q")
PERCENT = ("volatility", "drawdown", "rank", "downside", "bounce", "forecast_sigma")

SEQUENCE = {
    "level": "level of past weeks against the last price",
    "change": "changes from week to week",
    "seen": "weeks with a sale",
    "sold": "copies sold a week",
    "step": "how far ahead it looks",
    "drift": "trend carried on",
    "sigma": "size of usual price swings",
    "recency": "days since the last sale",
    "sold_90": "sales of 90 days",
    "quoted": "whether prices are quotes",
}


def value_words(name: str, value: float) -> str:
    """A value with its unit: percent, a count, or sigmas among all."""
    kind, _, base = name.rpartition(".")
    if math.isnan(value):
        return "not known"
    if kind == "z":
        return f"{value:+.1f} sigma"
    if base.endswith("_z"):
        return f"{value:+.1f} sigma of its own norm"
    if base.startswith(PERCENT_OF_LOG):
        return f"{100 * math.expm1(value):+.0f} %"
    if base.startswith(PERCENT):
        return f"{100 * value:.0f} %"
    return f"{value:.0f}"


def looked_at_words(name: str) -> str:
    """Of an input of a sequence forecaster."""
    if name.startswith("has_"):
        return f"whether there is a {looked_at_words(name.removeprefix('has_'))}"
    return SEQUENCE.get(name) or BASE[name]
