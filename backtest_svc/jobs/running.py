"""The commands that run a rule on the store, and prove that it saw no future."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from backtest_engine.assumptions import Assumptions
from backtest_svc.domain.telling import as_json, headline
from backtest_svc.jobs.rules import RULE_FILE, telling, text_of
from backtest_svc.ports import Prices
from backtest_svc.usecases.run_rule import run_rule
from backtest_svc.usecases.verify_rule import MORE_DAYS, verify_rule
from kernel.cli import Moment, UtcDay


@dataclass(frozen=True)
class Workshop:
    """What runs work with: the store, and the platform's fees."""

    prices: Callable[[], AbstractContextManager[Prices]]
    assumptions: Assumptions


def add_running(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """Add them to the job table."""

    @group.command("run", help="Run a rule on what the store knew; RULE_FILE --from --to.")
    @asked_for
    @click.option("--out", type=click.Path(path_type=Path), help="the whole result as JSON")
    def run_command(out: Path | None, **asked: Any) -> None:
        def work() -> Iterator[str]:
            with opened(workshop(), **asked) as (prices, text, terms):
                report = run_rule(prices, text, **terms)
            yield from headline(report)
            if out is not None:
                out.write_text(json.dumps(as_json(report), indent=1) + "\n", encoding="utf-8")
                yield f"  result          {out}"

        telling(work)

    @group.command("verify", help="Run a rule again on stores that end and begin earlier.")
    @asked_for
    @click.option("--cuts", type=click.IntRange(1, 100), default=5, show_default=True)
    def verify_command(cuts: int, **asked: Any) -> None:
        def work() -> Iterator[str]:
            with opened(workshop(), **asked) as (prices, text, terms):
                told = verify_rule(prices, text, cuts=cuts, **terms)
            yield f"No lookahead: {told.cells:,} cells are the same on stores that end with"
            yield f"  {', '.join(map(str, told.cuts))},"
            yield f"  and on one with {MORE_DAYS} days more before."
            yield f"  data {told.fingerprint}"

        telling(work)


def asked_for(command: Callable[..., None]) -> Callable[..., None]:
    """The rule, the days and the assumptions, as options."""
    options = [
        RULE_FILE,
        click.option("--from", "first", type=UtcDay(), required=True, help="first day decided on"),
        click.option("--to", "last", type=UtcDay(), required=True, help="last day"),
        click.option("--capital", type=float, default=10_000, show_default=True, help="dollars"),
        click.option("--as-of", type=Moment(), help="as known at this moment; default: now"),
        click.option("--book", type=click.Choice(["pooled", "per_instrument"]), default="pooled"),
        click.option("--lot", type=click.Choice(["whole", "fractional"]), default="whole"),
        click.option("--fill-at", type=click.Choice(["open", "close", "mid"]), default="open"),
        click.option("--fill-on-quotes", is_flag=True, help="a quote counts as a sale of one copy"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def opened(
    shop: Workshop,
    *,
    rule_file: Path,
    first: date,
    last: date,
    as_of: datetime | None,
    **asked: Any,
) -> Iterator[tuple[Prices, str, dict[str, Any]]]:
    """The store, the rule's text and what a use case wants to be told. Raises Rejected."""
    terms = {
        "first": first,
        "last": last,
        "as_of": as_of or datetime.now(UTC),
        "asked": replace(shop.assumptions, **asked),
    }
    text = text_of(rule_file)
    with shop.prices() as prices:
        yield prices, text, terms
