"""The console script `pricer`: its commands, and how a failure of them is told."""

import sys
from collections.abc import Sequence

import click

from cli.packages import BrokenPackage, UnknownPackage, job_lines, package_names, python_module
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


@pricer.command()
def version() -> None:
    """Print the version of the platform, of Python and of the main parts."""
    for line in version_lines():
        click.echo(line)
