"""The command-line edge: `python -m <package> job <name>`, exit codes, summaries as JSON."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import click
import structlog

from kernel.errors import DomainError, Unavailable
from kernel.log import configure_logging

EXIT_FINAL = 1
EXIT_QUARANTINED = 3  # the job is done; some rows wait in quarantine, the summary says how many
EXIT_RETRY = 75  # EX_TEMPFAIL of sysexits.h: the caller may try again

Summary = Mapping[str, object]


class UtcDay(click.ParamType[date]):
    """A UTC calendar day written as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """A date as it is, text by the ISO form; click reports anything else as a usage error."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-09-30", param, ctx)


class Moment(click.ParamType[datetime]):
    """A moment with its offset, as 2026-09-30T18:00:00Z."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """A datetime as it is, text by the ISO form; one without an offset is a usage error."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(f"{value!r} is no moment; write it as 2026-09-30T18:00:00Z", param, ctx)
        return moment


def finish(name: str, work: Callable[[], Summary]) -> None:
    """Run one job, print its summary as the last line, leave with the exit code of its outcome."""
    log = structlog.get_logger()
    try:
        summary = work()
    except DomainError as error:
        retry = isinstance(error, Unavailable)
        log.error("job.failed", job=name, kind=type(error).__name__, detail=str(error), retry=retry)
        click.echo(f"{error.title}: {error}", err=True)
        if isinstance(error, Unavailable) and error.retry_after_s is not None:
            click.echo(json.dumps({"job": name, "retry_after_s": round(error.retry_after_s, 1)}))
        sys.exit(EXIT_RETRY if retry else EXIT_FINAL)
    except Exception:
        # The edge of the process: whatever nobody mended ends here as one structured event.
        log.error("job.crashed", job=name, traceback=traceback.format_exc())
        sys.exit(EXIT_FINAL)
    log.info("job.done", job=name, **summary)
    click.echo(json.dumps({"job": name, **summary}, default=str))
    if summary.get("quarantined"):
        sys.exit(EXIT_QUARANTINED)


def service_cli(package: str, jobs: click.Group, serve: click.Command | None = None) -> click.Group:
    """The commands of `python -m <package>`: `job <name>` and, for a service, `serve`."""

    @click.group(help=f"Commands of {package}.")
    def commands() -> None:
        configure_logging(package)

    commands.add_command(jobs, "job")
    if serve is not None:
        commands.add_command(serve, "serve")
    return commands
