"""Jobs that tell others: parquet, the Glue catalog, the bus."""

import click
import structlog

from ingestion.jobs.doors import Doors
from ingestion.usecases.announce_closes import announce_closes
from ingestion.usecases.publish_curated import publish_curated
from kernel.cli import Summary, finish


@click.command("publish_curated", help="Touched months as parquet to curated/.")
@click.pass_obj
def publish_curated_job(doors: Doors) -> None:
    finish("publish_curated", lambda: doors.within_unit(publish_curated))


@click.command("register_curated", help="The curated tables and months in the Glue catalog.")
@click.pass_obj
def register_curated_job(doors: Doors) -> None:
    finish("register_curated", doors.register)


log = structlog.get_logger()


@click.command("announce_closes", help="Instruments whose close changed, to the bus.")
@click.pass_obj
def announce_closes_job(doors: Doors) -> None:
    def work() -> Summary:
        topic = doors.closes()
        if topic is None:
            log.warning("closes.kept", detail="no topic is set up: PRICER_CLOSES_TOPIC_ARN")
            return {"instruments": 0, "messages": 0, "withheld": 0}
        with doors.unit() as unit:
            summary, stopped = announce_closes(unit, topic)
        if stopped is not None:
            raise stopped
        return summary

    finish("announce_closes", work)
