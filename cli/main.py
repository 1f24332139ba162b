"""The console script `pricer`: its commands, and how a failure of them is told."""

import getpass
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from cli.backtest import backtest
from cli.model_lines import comparison_lines, model_list_lines, model_page_lines
from cli.packages import BrokenPackage, UnknownPackage, job_lines, package_names, python_module
from cli.quality_lines import quality_lines
from cli.reporting import API, AS_JSON, report
from cli.restatement_lines import restatement_lines
from cli.signals import signals
from cli.status import print_status
from cli.versions import version_lines


@click.group()
def pricer() -> None:
    """Pokémon Pricer: run and look at its parts."""


@pricer.command()
def jobs() -> None:
    """List the jobs of every package, a line each."""
    broken: list[BrokenPackage] = []
    for package in package_names():
        try:
            for line in job_lines(package):
                click.echo(line)
        except BrokenPackage as error:
            broken.append(error)
    for failure in broken:
        click.echo(f"pricer: {failure}", err=True)
    sys.exit(1 if broken else 0)


# The job reads its own options, --help as well.
@pricer.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("package", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="NAME [OPTIONS]")
def job(package: str | None, arguments: Sequence[str]) -> None:
    """Run a job: PACKAGE NAME [OPTIONS]. `pricer job PACKAGE --help` lists its jobs."""
    if package is None or package.startswith("-"):
        click.echo("Usage: pricer job PACKAGE NAME [OPTIONS]; `pricer jobs` lists them all.")
        sys.exit(0 if package == "--help" else 2)
    try:
        python_module(package, "job", *(arguments or ["--help"]))
    except UnknownPackage as error:
        raise click.UsageError(str(error)) from error


@pricer.command()
@click.option("--url", envvar="PRICER_API_URL", help="ask this API instead of the local stack")
def status(url: str | None) -> None:
    """Say which parts run and answer."""
    sys.exit(print_status(url))


DAY = click.DateTime(formats=["%Y-%m-%d"])


@pricer.command()
@click.option("--source", "sources", multiple=True, help="a source to ask or replay; repeatable")
@click.option(
    "--instrument", "instruments", multiple=True, help="card:grade to build again; repeatable"
)
@click.option("--from", "first", type=DAY, required=True, help="first UTC day")
@click.option("--to", "last", type=DAY, required=True, help="last UTC day")
@click.option("--mode", type=click.Choice(["missing", "failed", "all"]), default="missing")
@click.option("--refetch", is_flag=True, help="ask the source again for what the lake holds")
@click.option(
    "--dry-run",
    is_flag=True,
    help="say how many days it would be, rows stored, and an estimate of the missing ones",
)
@click.option("--reference", help="why; under another reference the same wish is another run")
@click.option("--wait", is_flag=True, help="tell how it ended; a dry run always does")
@click.option(
    "--within",
    type=click.FloatRange(min=0, min_open=True),
    default=360,
    show_default=True,
    help="wait no longer, minutes; then leave with 75",
)
@click.option("--url", envvar="PRICER_API_URL", help="ask this API")
def backfill(
    sources: Sequence[str],
    instruments: Sequence[str],
    first: datetime,
    last: datetime,
    mode: str,
    refetch: bool,
    dry_run: bool,
    reference: str | None,
    wait: bool,
    within: float,
    url: str | None,
) -> None:
    """Do days of sources again, through the API, as a data engineer (PRICER_ADMIN_TOKEN)."""
    from cli.backfill import ask_for, token_told

    wish = {
        "sources": list(sources),
        "instruments": list(instruments),
        "from": first.date().isoformat(),
        "to": last.date().isoformat(),
        "mode": mode,
        "refetch": refetch,
        "dry_run": dry_run,
        "reference": reference,
    }
    again = sys.argv[sys.argv.index("backfill") + 1 :]
    sys.exit(
        ask_for(wish, url=url, token=token_told(), wait=wait, within_s=60 * within, again=again)
    )


@pricer.command()
def version() -> None:
    """Print the version of the platform, of Python and of the main parts."""
    for line in version_lines():
        click.echo(line)


@pricer.command()
@click.option("--day", required=True, help="UTC day the report is about, as 2024-05-01")
@click.option("--from", "since", help="first moment, with offset; default: the end of the day")
@click.option("--to", "until", help="second moment, with offset; default: all that is known now")
@click.option("--card", help="this card only")
@click.option("--grade", help="this grade only")
@AS_JSON
@API
def restate(
    url: str | None, as_json: bool, since: str | None, until: str | None, **of: str
) -> None:
    """Say which bars, features and signals of a day changed since, and because of what."""
    asked = {**of, "from": since, "to": until}
    report("/restatements", asked, restatement_lines, url=url, as_json=as_json)


@pricer.command()
@click.option("--card", help="this card only")
@click.option("--grade", help="this grade only")
@click.option("--limit", help="most rows of each list; default: 50")
@click.option("--as-of", "as_of", help="as it was known at a moment, with offset; default: now")
@AS_JSON
@API
def quality(url: str | None, as_json: bool, **asked: str | None) -> None:
    """Say how good the data is: coverage, freshness, volume, rejects, divergences, confidence."""
    report("/quality", asked, quality_lines, url=url, as_json=as_json)


PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}


@pricer.group()
def verify() -> None:
    """Check what the store promises, on the store as it is."""


@verify.command("no-lookahead", context_settings=PASSED_ON)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def no_lookahead(options: Sequence[str]) -> None:
    """Compute random days again without what came later, and name the first cell that differs."""
    from cli.beside import beside_the_store

    words = ["verify", "no-lookahead", *options]
    needed = "SIGNALS_SVC_SCRATCH_DATABASE_URL"
    beside_the_store("verify_no_lookahead", options, again=words, needed=needed)


@pricer.group()
def features() -> None:
    """Look into the features of cards."""


@features.command("explain", context_settings=PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="CARD GRADE DATE")
def explain(arguments: Sequence[str]) -> None:
    """Print each feature of CARD GRADE DATE with its formula and the prices it came from."""
    from cli.beside import beside_the_store

    again = ["features", "explain", *arguments]
    beside_the_store("explain_features", arguments, again=again)


@pricer.group()
def models() -> None:
    """Look at the registered models, and say who may speak."""


@models.command("list")
@AS_JSON
@API
def list_models(url: str | None, as_json: bool) -> None:
    """Every trained version: its stage, who speaks, how each was judged."""
    report("/models", {}, model_list_lines, url=url, as_json=as_json)


@models.command("show")
@click.argument("version")
@AS_JSON
@API
def show_model(version: str, url: str | None, as_json: bool) -> None:
    """One version: its history, its numbers, and where its model card lies."""
    report(f"/models/{version}", {}, model_page_lines, url=url, as_json=as_json)


@models.command("compare")
@click.argument("one")
@click.argument("other")
@AS_JSON
@API
def compare_models(one: str, other: str, url: str | None, as_json: bool) -> None:
    """Two versions side by side: their numbers, and what they said of the same nights."""
    path, asked = f"/models/{one}/comparison", {"with": other}
    report(path, asked, comparison_lines, url=url, as_json=as_json)


ACTOR = click.option("--actor", default=getpass.getuser, help="who asks; default: you")
WITHIN = click.option(
    "--within",
    type=click.FloatRange(min=0, min_open=True),
    default=5,
    show_default=True,
    help="wait no longer, minutes; then leave with 75",
)


@models.command("promote")
@click.argument("version")
@click.option("--to", type=click.Choice(["shadow", "canary", "production"]), help="not the next")
@click.option("--percent", type=click.IntRange(1, 99), help="of the cards, for a canary")
@click.option("--reason", default="asked for", show_default=True, help="why")
@ACTOR
@WITHIN
@API
def promote(
    version: str,
    to: str | None,
    percent: int | None,
    reason: str,
    actor: str,
    within: float,
    url: str | None,
) -> None:
    """Let a version enter its next stage, if it has earned it (PRICER_ADMIN_TOKEN)."""
    wish = {"to": to, "percent": percent, "actor": actor, "reason": reason}
    move(version, wish, within=within, url=url)


@models.command("rollback")
@click.argument("version")
@click.option("--reason", default="asked for", show_default=True, help="why")
@ACTOR
@WITHIN
@API
def rollback(version: str, reason: str, actor: str, within: float, url: str | None) -> None:
    """Take a version out: the one before it speaks again (PRICER_ADMIN_TOKEN)."""
    move(version, {"to": "retired", "actor": actor, "reason": reason}, within=within, url=url)


def move(version: str, wish: Mapping[str, Any], *, within: float, url: str | None) -> None:
    """Ask for a change of stage, wait for it, and leave with 0 only if it came about."""
    from cli.backfill import of_the_stack, token_told
    from cli.models import change_stage

    again = sys.argv[sys.argv.index("models") + 1 :]
    token = token_told() or of_the_stack("models", *again)
    sys.exit(change_stage(version, wish, url=url, token=token, within_s=60 * within))


pricer.add_command(signals)
pricer.add_command(backtest)
