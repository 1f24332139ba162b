"""The commands that read a rule from a file and say what is wrong with it, or write it anew."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from backtest_engine.dsl.checking import check, understand
from backtest_engine.dsl.formatting import format_rule
from backtest_engine.dsl.json_tree import from_json, to_json
from backtest_engine.dsl.limits import MAX_CHARACTERS
from backtest_engine.dsl.reading import read_rule
from backtest_engine.dsl.schema import rule_schema
from kernel.cli import EXIT_FINAL, EXIT_RETRY
from kernel.errors import DomainError, Rejected, Unavailable

RULE_FILE = click.argument(
    "rule_file", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
MOST_BYTES = 20 * MAX_CHARACTERS  # a tree says more than its text


class NoText(Rejected):
    """The file holds no rule that could be read."""


def add_rule_commands(group: click.Group) -> None:
    """Add them to the job table."""

    @group.command("check", help="Say whether a rule makes sense, and where it does not.")
    @RULE_FILE
    def check_command(rule_file: Path) -> None:
        telling(lambda: [checked(rule_file)])

    @group.command("format", help="Write a rule the one usual way; .json files hold trees.")
    @RULE_FILE
    @click.option("--write", is_flag=True, help="into the file, instead of printing it")
    @click.option("--to", type=click.Choice(["text", "json"]), help="default: as it is")
    def format_command(rule_file: Path, write: bool, to: str | None) -> None:
        if write and to is not None:
            raise click.UsageError("--write keeps the kind of the file; leave --to away")
        telling(lambda: [formatted(rule_file, to=to, write=write)])

    @group.command("schema", help="Print the JSON Schema of a rule's tree.")
    def schema_command() -> None:
        click.echo(json.dumps(rule_schema(), indent=2))


def telling(work: Callable[[], Iterable[str]]) -> None:
    """Print the lines of the work; an expected failure in words, with an exit code."""
    try:
        for line in work():
            click.echo(line)
    except DomainError as error:
        click.echo(f"{error.title}:\n{error}", err=True)
        sys.exit(EXIT_RETRY if isinstance(error, Unavailable) else EXIT_FINAL)


def text_of(rule_file: Path) -> str:
    """The text of a rule, of its tree where the file ends in .json. Raises Rejected."""
    told = _content(rule_file)
    if rule_file.suffix != ".json":
        return told
    try:
        return format_rule(from_json(json.loads(told)))
    except (ValueError, RecursionError) as error:
        raise NoText(f"{rule_file} is no JSON: {error}") from error


def checked(rule_file: Path) -> str:
    """How many lines of each kind there are. Raises RuleError and TreeError."""
    rule = understand(text_of(rule_file))
    sells = sum(type(when.deed).__name__.startswith("Sell") for when in rule.whens)
    told = f"{len(rule.whens) - sells} BUY and {sells} SELL lines"
    return f"{rule_file}: the rule makes sense ({told})."


def formatted(rule_file: Path, *, to: str | None, write: bool) -> str:
    """The rule as text or JSON; or, written, a line that says so."""
    rule = read_rule(text_of(rule_file))
    check(rule)
    as_json = (to or ("json" if rule_file.suffix == ".json" else "text")) == "json"
    told = json.dumps(to_json(rule), indent=2) if as_json else format_rule(rule).rstrip("\n")
    if not write:
        return told
    rule_file.write_text(f"{told}\n", encoding="utf-8")
    return f"{rule_file}: formatted."


def _content(rule_file: Path) -> str:
    if rule_file.stat().st_size > MOST_BYTES:
        raise NoText(f"{rule_file} has more than {MOST_BYTES:,} bytes; no rule is that long")
    try:
        return rule_file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NoText(f"{rule_file} is no text in UTF-8 ({error.reason})") from error
