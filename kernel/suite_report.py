"""The outcome of a suite as one page of HTML that needs nothing from elsewhere. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from kernel.expectations import Checked

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;"
    "color:#222}h1{font-size:1.5rem;margin:0}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.5rem .75rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}"
    "th{color:#666;font-weight:600;font-size:13px}.no{background:#fde8e8}"
    "b.no{color:#a00;background:none}b.yes{color:#060}code{font-size:13px;color:#555}"
    "td{overflow-wrap:anywhere}td:first-child{width:3rem}td:nth-child(2){width:21rem}"
    "td:nth-child(3){width:17rem}.no b{color:#a00}"
)


@dataclass(frozen=True)
class Suite:
    """One table's checks on the rows of one source and run day."""

    table: str
    owner: str
    source: str
    day: date
    rows: int
    checked: Sequence[Checked]

    @property
    def success(self) -> bool:
        """Whether every expectation held."""
        return all(one.success for one in self.checked)

    @property
    def failures(self) -> list[str]:
        """Every expectation that did not hold, in words."""
        return [said(one) for one in self.checked if not one.success]

    @property
    def key(self) -> str:
        """Where the page lies in the lake: one for each table, source and day, replaced whole."""
        return f"quality/table={self.table}/source={self.source}/date={self.day}/report.html"


def said(one: Checked) -> str:
    """An expectation and what was observed, in one line."""
    return f"{one.expectation.expect} {_arguments(one)}: {one.observed}"


def page(suite: Suite) -> str:
    """The page: the verdict, then failed expectations first."""
    verdict = (
        '<b class="yes">every expectation holds</b>'
        if suite.success
        else f'<b class="no">{len(suite.failures)} of {len(suite.checked)} expectations fail;'
        " the table was not touched</b>"
    )
    rows = sorted(suite.checked, key=lambda one: one.success)
    title = f"{suite.table}: {suite.source}, {suite.day}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>"
        f"<p>{suite.rows:,} rows, owner {escape(suite.owner)}: {verdict}.</p>"
        "<table><tr><th>holds<th>expectation<th>observed<th>reason</tr>"
        f"{''.join(_row(one) for one in rows)}</table></html>\n"
    )


def _row(one: Checked) -> str:
    state = '<tr><td><b class="yes">yes</b>' if one.success else '<tr class="no"><td><b>no</b>'
    named = one.expectation.expect.removeprefix("expect_").replace("_", " ")
    what = f"{escape(named)}<br><code>{escape(_arguments(one))}</code>"
    examples = f"<br><code>{escape(', '.join(one.examples))}</code>" if one.examples else ""
    why = escape(one.expectation.why)
    return f"{state}<td>{what}<td>{escape(one.observed)}{examples}<td>{why}</tr>"


def _arguments(one: Checked) -> str:
    told = {n: v for n, v in one.expectation.arguments.items() if n not in ("column_set",)}
    return " ".join(f"{name}={value}" for name, value in told.items())
