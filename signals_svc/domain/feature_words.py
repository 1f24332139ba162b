"""How each feature is made, in words, in the order in which they are told."""

from collections.abc import Mapping

MOMENTUM = "log of the last close over the last close at least {0} days older, at most {1} days old"
SWINGS = "sqrt(sum of squared log returns / sum of the days between closes) of {0} days, a year's"
FALLS = "the same, a rise counted as no move"
FACTS_DAY = "as known on the day"


def _by_days(name: str, words: str, *days: int) -> dict[str, str]:
    return {f"{name}_{n}": words.format(n, n + 45) for n in days}


FORMULAS: Mapping[str, str] = {
    **_by_days("momentum", MOMENTUM, 7, 30, 90, 180),
    **_by_days("volatility", SWINGS, 90, 365),
    "volatility_ewma": "the same, each squared return over its days, half the weight at 90 days",
    **_by_days("downside", FALLS, 90, 365),
    **_by_days("drawdown", "last close over the highest close of {0} days, minus 1", 90, 365),
    **_by_days("days_since_high", "days since the highest close of {0} days", 90, 365),
    **_by_days("trades", "copies sold in {0} days", 7, 30, 90),
    "recency_days": "days since the last close",
    "impact_90": "mean |log return| per $1,000 sold, of the sales of 90 days",
    **_by_days("excess", "momentum of {0} days minus the median of its set's members", 30, 90),
    "premium_raw": "log of the PSA 10 close over the raw close of the card",
    "premium_nine": "log of the PSA 10 close over the PSA 9 close, or else that of any nine",
    "premium_raw_z": "that premium against its own past, a month apart, in standard deviations",
    "premium_nine_z": "that premium against its own past, a month apart, in standard deviations",
    **_by_days("rank", "place by momentum of {0} days among all that are alive, 0 to 1", 30, 90),
    "population": f"copies graded so far, the newest count, {FACTS_DAY}",
    "population_growth_30": "log of that count over the last one at least 30 days older",
    "search_trend_7": "log of (1 + mean interest of 7 days) over the same of the 7 before",
    "search_trend_28": "log of (1 + mean interest of 28 days) over the same of the 28 before",
    "sentiment_7": "mean score of the posts of 7 days, -1 to 1",
    "posts_7": "posts of 7 days",
    "days_since_release": "days since the set came out",
    "season_sin": "sine of the day of the year",
    "season_cos": "cosine of the day of the year",
    "drift_day": "weighted log return a day of a year, as far as its error lets it be believed",
    "drift_error_day": "standard error of that drift",
    "sigma_day": "log return a day that stays, in standard deviations: bounce is taken out",
    "bounce": "how far single closes scatter around the value, in log price",
}
