"""What a person says of one price: that a sale was revoked or stands again, that a price is real.

Each is a row with its own knowledge time, and marks the days it touches, so that bars follow.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl
import structlog

from ingestion.domain.errors import ActorReserved, OutOfTurn, PriceUnknown
from ingestion.ports.by_hand import Price, Turn
from ingestion.ports.unit import Unit
from ingestion.usecases.recall import mark, recall_price

log = structlog.get_logger()

TABLES = {"trade": "trades", "report": "reported_prices"}

RULE = "rule"  # the actor of verdicts that no person gave


def revise_trade(
    unit: Unit, trade_id: int, turn: Turn, *, reason: str, actor: str, now: datetime
) -> Mapping[str, object]:
    """Append that a sale was revoked or reinstated. Raises PriceUnknown, OutOfTurn."""
    unit.work.claim("by hand")
    source = unit.by_hand.source(trade_id)
    if source is not None:
        unit.work.claim(f"load {source}")  # which may be saying other things of the sale
    price = _price(unit, "trade", trade_id)
    _check_turn(price, unit.by_hand.last_turn(trade_id), turn, now)
    changed = unit.by_hand.revise(price, turn, reason=reason, actor=actor)
    marked = _mark(unit, changed, turn.known_at)
    log.info("trade.revised", trade_id=trade_id, action=turn.action, actor=actor)
    return {
        "trade_id": trade_id,
        "action": turn.action,
        "card_id": price.card_id,
        "grade_code": price.grade_code,
        "known_at": turn.known_at.isoformat(),
        "days_marked": marked,
    }


def judge_by_hand(
    unit: Unit, subject: str, key: int, verdict: str, *, reason: str, actor: str, now: datetime
) -> Mapping[str, object]:
    """Append `confirmed` (the price is real) or `rejected`; from now on the rule has no say of it.

    The same word of the same person again changes nothing. Raises PriceUnknown, ActorReserved.
    """
    if actor == RULE:
        raise ActorReserved(actor)
    unit.work.claim("by hand")
    price = _price(unit, subject, key)
    new = unit.by_hand.judge(price, verdict, known_at=now, reason=reason, actor=actor)
    marked = _mark(unit, _day(price), now) if new else 0
    log.info("price.judged", subject=subject, id=key, verdict=verdict, actor=actor, new=new)
    return {
        "subject": subject,
        "id": key,
        "verdict": verdict,
        "card_id": price.card_id,
        "grade_code": price.grade_code,
        "days_marked": marked,
    }


def _price(unit: Unit, subject: str, key: int) -> Price:
    recall_price(unit, TABLES[subject], key)
    price = unit.by_hand.price(subject, key)
    if price is None:
        raise PriceUnknown(subject, key)
    return price


def _check_turn(price: Price, last: Turn | None, turn: Turn, now: datetime) -> None:
    if turn.known_at > now:
        raise OutOfTurn(price.key, f"{turn.known_at.isoformat()} is yet to come")
    standing = last is None or last.action == "reinstated"
    if standing != (turn.action == "revoked"):
        raise OutOfTurn(price.key, "it stands" if standing else "it is revoked already")
    if last is not None and turn.known_at <= last.known_at:
        why = f"it was {last.action} at {last.known_at.isoformat()}; give a later --known-at"
        raise OutOfTurn(price.key, why)


def _day(price: Price) -> pl.DataFrame:
    """card_id, grade_code and day of the price."""
    day = price.event_at.astimezone(UTC).date()
    names = ["card_id", "grade_code", "day"]
    return pl.DataFrame([(price.card_id, price.grade_code, day)], schema=names, orient="row")


def _mark(unit: Unit, days: pl.DataFrame, known_at: datetime) -> int:
    """Work of the night that first could know it."""
    as_of = known_at.astimezone(UTC).date()
    return mark(unit, days.with_columns(as_of=pl.lit(as_of)))
