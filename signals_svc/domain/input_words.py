"""What the inputs of classifier and trees are called by people."""

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
}
AMONG_ALL = ", among all"  # the same as a robust z across the instruments of the day


def words_of(name: str) -> str:
    """Of an input as classifier_inputs.NAMES has it."""
    kind, _, base = name.rpartition(".")
    return BASE[base] + (AMONG_ALL if kind == "z" else "")
