"""Jobs by which a person speaks of single prices."""

from datetime import UTC, datetime

import click

from ingestion.jobs.doors import Doors
from ingestion.ports.by_hand import Turn
from ingestion.ports.unit import Unit
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.by_hand import judge_by_hand, revise_trade
from ingestion.usecases.judge_outliers import judge_outliers
from kernel.cli import Moment, Summary, finish
from kernel.ids import CardId, GradeCode, Instrument

ACTOR = click.option("--actor", required=True, help="who says so")


REASON = click.option("--reason", required=True, help="why, in words")


@click.command("revise_trade", help="Say that a sale was revoked, or stands again.")
@click.option("--trade-id", type=int, required=True)
@click.option("--action", type=click.Choice(["revoked", "reinstated"]), required=True)
@REASON
@ACTOR
@click.option("--known-at", type=Moment(), default=None, help="since when; default: now")
@click.pass_obj
def revise_trade_job(
    doors: Doors, trade_id: int, action: str, reason: str, actor: str, known_at: datetime | None
) -> None:
    now = datetime.now(UTC)
    turn = Turn(action, known_at or now)

    def revise(unit: Unit) -> Summary:
        return revise_trade(unit, trade_id, turn, reason=reason, actor=actor, now=now)

    finish("revise_trade", lambda: _and_bars(doors, doors.within_unit(revise)))


@click.command("judge_by_hand", help="Say that a price is real, or is not; the rule is not asked.")
@click.option("--subject", type=click.Choice(["trade", "report"]), required=True)
@click.option("--id", "key", type=int, required=True, help="trade_id or report_id")
@click.option("--verdict", type=click.Choice(["confirmed", "rejected"]), required=True)
@REASON
@ACTOR
@click.pass_obj
def judge_by_hand_job(
    doors: Doors, subject: str, key: int, verdict: str, reason: str, actor: str
) -> None:
    def judge(unit: Unit) -> Summary:
        now = datetime.now(UTC)
        return judge_by_hand(unit, subject, key, verdict, reason=reason, actor=actor, now=now)

    finish("judge_by_hand", lambda: _and_bars(doors, doors.within_unit(judge)))


def _and_bars(doors: Doors, said: Summary) -> Summary:
    """What a person said, with the instrument's bars following at once, not with the night."""
    only = Instrument(CardId(str(said["card_id"])), GradeCode(str(said["grade_code"])))
    judge_outliers(doors.unit, only)
    with doors.unit() as unit:
        built = build_bars(unit, only)
    doors.series().forget(built.changed)
    bars = ("bars_added", "bars_replaced", "bars_removed")
    return {**said, **{name: built.summary[name] for name in bars}}
