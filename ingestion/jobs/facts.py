"""Jobs of what is known beside prices."""

from datetime import UTC, date, datetime
from functools import partial

import click

from ingestion.jobs.doors import DATE, Doors
from ingestion.usecases.fetch_facts import fetch_facts
from kernel.cli import Summary, finish


@click.command("fetch_facts", help="What is known beside prices: raw/ and its table.")
@click.option(
    "--fact", type=click.Choice(["population", "search_trends", "sentiment"]), required=True
)
@DATE
@click.pass_obj
def fetch_facts_job(doors: Doors, fact: str, day: date) -> None:
    def work() -> Summary:
        plans = doors.facts(fact)
        told = fetch_facts(
            doors.unit, plans, day, now=partial(datetime.now, UTC), check=doors.check_facts
        )
        return {"fact": fact, **told}

    finish("fetch_facts", work)
