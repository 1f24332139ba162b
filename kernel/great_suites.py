"""Runs expectations with great-expectations.

Importing it takes seconds, so it is imported when a suite is run, by the jobs that check what
comes from outside; loading, judging and building never wait for it.
"""

import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Any

import polars as pl

from kernel.expectations import Checked, Expectation

EXAMPLES = 5


def run_suite(name: str, frame: pl.DataFrame, expectations: Sequence[Expectation]) -> list[Checked]:
    """How each expectation comes out on the frame, in their order."""
    # Read when the package is imported: nothing about our data is told to anybody.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import_when_used("scipy.stats")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("run").get_batch(
        {"dataframe": pandas_frame(frame)}
    )
    kinds = gx.expectations
    suite = gx.ExpectationSuite(
        name=name,
        expectations=[
            getattr(kinds, camel(one.expect))(**one.arguments, meta={"place": place})
            for place, one in enumerate(expectations)
        ],
    )
    # Suites give their results by column: the place says which expectation each one is of.
    results = {place_of(result): result for result in batch.validate(suite).results}
    return [checked(one, results[place]) for place, one in enumerate(expectations)]


def import_when_used(name: str) -> None:
    """Let a module wait for the first look into it.

    A third of the time goes to scipy.stats, for tests of distributions that no contract asks for.
    """
    if name in sys.modules or (found := importlib.util.find_spec(name)) is None:
        return
    if found.loader is None:
        return
    found.loader = importlib.util.LazyLoader(found.loader)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)


def place_of(result: Any) -> int:
    """Which expectation of the suite a result is of."""
    return int(result.expectation_config.meta["place"])


def pandas_frame(frame: pl.DataFrame) -> Any:
    """The frame for pandas: moments as naive UTC, which is what bounds are compared with."""
    naive = frame.with_columns(
        pl.col(name).dt.replace_time_zone(None)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime)
    )
    return naive.to_pandas()


def camel(name: str) -> str:
    """The class of an expectation's name."""
    return "".join(part.capitalize() for part in name.split("_"))


def broken(rows: int, of: int) -> str:
    """How many rows break an expectation, in words."""
    if not rows:
        return f"none of {of:,} rows breaks it"
    return f"{rows:,} of {of:,} rows break it ({100 * rows / of:.3g} %)"


def checked(one: Expectation, result: Any) -> Checked:
    """One result in our words."""
    told = result.result
    if result.exception_info and result.exception_info.get("raised_exception"):
        return Checked(one, False, str(result.exception_info["exception_message"]), [])
    examples = [str(value) for value in (told.get("partial_unexpected_list") or [])[:EXAMPLES]]
    if "unexpected_count" in told:
        observed = broken(told["unexpected_count"], told["element_count"])
    else:
        value = told.get("observed_value")
        observed = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return Checked(one, bool(result.success), observed, list(dict.fromkeys(examples)))
