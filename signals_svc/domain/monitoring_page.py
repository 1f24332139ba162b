"""A night's figures as one HTML page: nothing is fetched, light and dark."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from kernel.expectations import Checked
from signals_svc.domain.measures import Measure
from signals_svc.domain.missing_features import MISSING_SHARE

Trends = Mapping[tuple[str, str, str], Sequence[tuple[date, float]]]

NAMES = {
    "days_without_sale": "Days without a sale",
    "days_without_signals": "Days without signals",
    "expectations_failed": "Expectations that fail",
    "inference_ms": "Inference, ms an instrument",
    "flip_rate": "Signals that changed",
    "inputs_drifted": "Inputs that drifted",
    "inputs_missing": "Inputs that are missing",
    "realised_gap": "Realised less expected",
    "band_coverage": "Held by the 80 % band",
}
SHARES = ("inputs_drifted", "inputs_missing", "flip_rate", "band_coverage")
FOOT = (
    "Prices, facts and outcomes as they were known at the end of the night; features, signals and"
    " who speaks as they stand now. A sequence forecaster reads windows of prices: its drift is"
    " told of the features of the rows it learned from."
)
BOUNDS_SHOWN = 4  # how many times its bound a bar of a drift is long at most
SHOWN = 12  # inputs of a version, the farthest first

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--pane:#f6f8fa;
--good:#1a7f37;--bad:#cf222e;--wash:#fff1f0;--bar:#3566b8}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--ink:#e6edf3;--soft:#9198a1;--line:#30363d;
--pane:#161b22;--good:#3fb950;--bad:#f85149;--wash:#2d1416;--bar:#79a6f6}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}h2{font-size:18px;margin:40px 0 8px}
p{margin:0 0 14px;color:var(--soft);max-width:76ch}
.verdict{border-left:4px solid var(--good);background:var(--pane);padding:12px 16px;margin:18px 0 0}
.verdict.out{border-color:var(--bad)}.verdict b{color:var(--ink)}.verdict p{margin:2px 0}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:8px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:500;white-space:nowrap}th.n,td.n{text-align:right}
td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
tr.out{background:var(--wash)}small{color:var(--soft);font-size:12.5px;line-height:1.4}
code{font:12.5px ui-monospace,monospace;color:var(--soft);white-space:nowrap}
.pill{display:inline-block;border-radius:99px;padding:0 9px;font-size:12px;line-height:20px;
border:1px solid currentColor;white-space:nowrap}.yes{color:var(--good)}.no{color:var(--bad)}
.unknown{color:var(--soft)}.track{position:relative;height:12px;background:var(--pane);
border-radius:3px;min-width:150px;margin-top:5px}.track i{position:absolute;inset:0 auto 0 0;
background:var(--bar);border-radius:3px}.track.over i{background:var(--bad)}
.track u{position:absolute;top:-3px;bottom:-3px;width:2px;background:var(--soft)}
svg.spark{width:120px;height:28px;display:block}.spark path{fill:none;stroke:var(--bar);
stroke-width:1.8}.spark circle{fill:var(--bar)}.spark line{stroke:var(--bad);stroke-width:1;
stroke-dasharray:3 3}footer{margin-top:48px;color:var(--soft);font-size:13px}
.scroll{overflow-x:auto}
"""


@dataclass(frozen=True)
class Night:
    """What the page is of."""

    as_of: date
    measures: Sequence[Measure]
    checked: Sequence[Checked]
    trends: Trends


def monitoring_page(night: Night) -> str:
    """The whole page: what is out of bounds first."""
    watched = [one for one in night.measures if one.pauses]
    versions = dict.fromkeys(one.model_version for one in night.measures if one.model_version)
    title = f"Models on {night.as_of}"
    drifts = "".join(_inputs(night.measures, version) for version in versions)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
        f"{_verdict(watched)}<h2>What is watched</h2><p>Out of its bounds a figure raises an alert"
        " and pauses promotions: of its version, or of all where it names none. The line shows the"
        f" nights before, dashed are the bounds.</p>{_watched(watched, night.trends)}"
        f"{drifts}{_lacking(night.measures)}{_suite(night.checked)}"
        f"<footer>{FOOT}</footer></main></body></html>\n"
    )


def _verdict(watched: Sequence[Measure]) -> str:
    out = [one for one in watched if one.alarms]
    unknown = sum(one.value is None for one in watched)
    few = f"<p>{unknown} of {len(watched)} figures have too little to be judged by.</p>"
    rest = few if unknown else ""
    if not out:
        good = "<p><b>Everything that could be judged is within its bounds.</b></p>"
        return f'<div class="verdict">{good}{rest}</div>'
    lines = "".join(
        f"<p><b>{escape(_named(one))}: {_value(one)}</b>, {_bounds(one)}; {escape(one.words)}</p>"
        for one in out
    )
    whose = ", ".join(sorted({one.model_version or "every version" for one in out}))
    head = f"<p><b>{len(out)} out of bounds; promotions paused: {escape(whose)}</b></p>"
    return f'<div class="verdict out">{head}{lines}{rest}</div>'


def _watched(watched: Sequence[Measure], trends: Trends) -> str:
    order = sorted(watched, key=lambda one: (not one.alarms, one.value is None))
    head = '<tr><th>figure<th>version<th class="n">value<th class="n">bounds<th>nights<th></tr>'
    rows = "".join(_row(one, trends) for one in order)
    return f'<div class="scroll"><table>{head}{rows}</table></div>'


def _row(one: Measure, trends: Trends) -> str:
    trend = trends.get((one.measure, one.subject, one.model_version), ())
    whose = f"<code>{escape(one.model_version)}</code>" if one.model_version else "all"
    return (
        f"<tr{_out(one.alarms)}><td>{escape(_named(one))}<br>"
        f'<small>{escape(one.words)}</small><td>{whose}<td class="n">{_value(one)}'
        f'<td class="n">{_bounds(one)}<td>{_spark([value for _, value in trend], one)}'
        f"<td>{_state(one)}</tr>"
    )


def _out(is_out: bool) -> str:
    return ' class="out"' if is_out else ""


def _state(one: Measure) -> str:
    if one.value is None:
        return '<span class="pill unknown">not judged</span>'
    return _pill("out", good=False) if one.is_out else _pill("within", good=True)


def _pill(words: str, *, good: bool) -> str:
    return f'<span class="pill {"yes" if good else "no"}">{words}</span>'


def _named(one: Measure) -> str:
    name = NAMES.get(one.measure, one.measure.replace("_", " "))
    return f"{name}, {one.subject}" if one.subject else name


def _value(one: Measure) -> str:
    return "–" if one.value is None else _figure(one, one.value)


def _figure(one: Measure, value: float) -> str:
    return f"{value:.1%}" if one.measure in SHARES else f"{value:.3g}"


def _bounds(one: Measure) -> str:
    if one.least is not None and one.most is not None:
        return f"{_figure(one, one.least)} to {_figure(one, one.most)}"
    if one.most is not None:
        return f"at most {_figure(one, one.most)}"
    return "" if one.least is None else f"at least {_figure(one, one.least)}"


WIDTH, HEIGHT = 120, 28


def _spark(values: Sequence[float], one: Measure) -> str:
    """A line of the nights before; a single night is a point."""
    if not values:
        return ""
    bounds = [bound for bound in (one.least, one.most) if bound is not None]
    low, high = min([*values, *bounds]), max([*values, *bounds])
    span = (high - low) or 1.0
    step = (WIDTH - 8) / max(1, len(values) - 1)
    at = [(4 + step * place, _height(value, low, span)) for place, value in enumerate(values)]
    path = " ".join(f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(at))
    heights = [_height(bound, low, span) for bound in bounds]
    lines = "".join(f'<line x1="0" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>' for y in heights)
    x, y = at[-1]
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{len(values)} nights">{lines}<path d="{path}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/></svg>'
    )


def _height(value: float, low: float, span: float) -> float:
    return 4 + (HEIGHT - 8) * (1 - (value - low) / span)


def _inputs(measures: Iterable[Measure], version: str) -> str:
    """The inputs of a version that are farthest from what it learned."""
    mine = [one for one in measures if one.model_version == version]
    known = (one for one in mine if one.measure == "input_psi" and one.value is not None)
    drifts = sorted(known, key=_farthest)[:SHOWN]
    if not drifts:
        return ""
    missing = {one.subject: one for one in mine if one.measure == "input_missing_rise"}
    # One far off would leave all others without a bar: those beyond the scale fill it.
    most = min(
        max(max(one.value or 0.0, one.most or 0.0) for one in drifts),
        max(BOUNDS_SHOWN * (one.most or 1.0) for one in drifts),
    )
    rows = "".join(_input_row(one, missing.get(one.subject), most) for one in drifts)
    return (
        f"<h2>What {escape(version)} reads</h2><p>Population stability index against the rows it"
        f" learned from, the farthest {len(drifts)} of its inputs; the mark is the bound."
        " Missing: how much larger the share without the input is.</p>"
        '<div class="scroll"><table><tr><th>input<th class="n">PSI<th style="width:42%">'
        f'<th class="n">missing</tr>{rows}</table></div>'
    )


def _farthest(one: Measure) -> float:
    return -(one.value or 0.0)


def _input_row(one: Measure, missing: Measure | None, most: float) -> str:
    value, bound = one.value or 0.0, one.most or 0.0
    rise = "" if missing is None or missing.value is None else f"{missing.value:+.1%}"
    over = " over" if one.is_out else ""
    return (
        f'<tr><td>{escape(one.words)}<td class="n">{value:.3f}<td><div class="track{over}">'
        f'<i style="width:{min(100.0, 100 * value / most):.1f}%"></i>'
        f'<u style="left:{100 * bound / most:.1f}%"></u></div><td class="n">{rise}</tr>'
    )


def _lacking(measures: Iterable[Measure]) -> str:
    """Features by the share of instruments without them, the emptiest first."""
    known = [one for one in measures if one.measure == MISSING_SHARE and one.value is not None]
    lacking = sorted((one for one in known if one.value), key=_farthest)
    if not known:
        return ""
    whole = f"{len(known) - len(lacking)} of {len(known)} features lack nothing."
    rows = "".join(
        f"<tr><td><code>{escape(one.subject)}</code><br><small>{escape(one.words)}</small>"
        f'<td class="n">{one.value:.1%}<td><div class="track">'
        f'<i style="width:{100 * (one.value or 0.0):.1f}%"></i></div></tr>'
        for one in lacking
    )
    head = '<tr><th>feature<th class="n">missing<th style="width:42%"></tr>'
    return (
        "<h2>What instruments lack</h2><p>Share of the instruments that may be acted upon without a"
        f' feature. {whole}</p><div class="scroll"><table>{head}{rows}</table></div>'
    )


def _suite(checked: Sequence[Checked]) -> str:
    if not checked:
        return "<h2>Suite of features</h2><p>The night stored no features.</p>"
    ordered = sorted(checked, key=lambda one: one.success)
    failed = sum(not one.success for one in checked)
    words = f"{failed} of {len(checked)} fail." if failed else f"All {len(checked)} hold."
    rows = "".join(map(_checked, ordered))
    return (
        f"<h2>Suite of features</h2><p>Expectations of the contract of features_daily: {words}</p>"
        '<div class="scroll"><table><tr><th>expectation<th>observed<th>reason<th></tr>'
        f"{rows}</table></div>"
    )


def _checked(one: Checked) -> str:
    what = one.expectation.expect.removeprefix("expect_").replace("_", " ")
    told = " ".join(f"{name}={value}" for name, value in one.expectation.arguments.items())
    pill = _pill("holds", good=True) if one.success else _pill("fails", good=False)
    return (
        f"<tr{_out(not one.success)}><td>{escape(what)}<br><small>{escape(told)}</small>"
        f"<td>{escape(one.observed)}<td>{escape(one.expectation.why)}<td>{pill}</tr>"
    )
