"""The command that says what a row of features was made of."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime

import click

from kernel.cli import EXIT_FINAL, EXIT_RETRY, Moment, UtcDay
from kernel.errors import DomainError, Unavailable
from signals_svc.domain.feature_lines import feature_lines
from signals_svc.jobs.workshop import Workshop
from signals_svc.usecases.explain_features import explain_features


def add_explaining(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """Add it to the job table."""

    @group.command("explain_features", help="What each feature was made of: CARD GRADE DATE.")
    @click.argument("card")
    @click.argument("grade")
    @click.argument("day", metavar="DATE", type=UtcDay())
    @click.option(
        "--as-of", type=Moment(), help="as known at this moment; default: the end of the day"
    )
    def explain_job(card: str, grade: str, day: date, as_of: datetime | None) -> None:
        try:
            lines = explained(workshop(), card, grade, day, as_of=as_of, now=datetime.now(UTC))
        except DomainError as error:
            click.echo(f"{error.title}: {error}", err=True)
            sys.exit(EXIT_RETRY if isinstance(error, Unavailable) else EXIT_FINAL)
        for line in lines:
            click.echo(line)


def explained(
    workshop: Workshop,
    card: str,
    grade: str,
    day: date,
    *,
    as_of: datetime | None,
    now: datetime,
) -> list[str]:
    """The lines to print. Raises what `explain_features` does."""
    with workshop.stores() as stores:
        told = explain_features(stores, card, grade, day, moment=as_of, now=now)
    return list(feature_lines(told))
