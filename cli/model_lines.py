"""Registered models as lines of text."""

from collections.abc import Iterator
from typing import Any

Rows = dict[str, Any]


def model_list_lines(report: Rows) -> Iterator[str]:
    """A line a version: an arrow before who speaks, then stage, nights heard and verdict."""
    if not report["models"]:
        yield "no model is trained yet: `pricer job signals_svc train`"
    for model in report["models"]:
        arrow = "->" if model["speaks"] else "  "
        yield (
            f"{arrow} {model['model_version']:<26} {model['family']:<10} {stage(model):<12}"
            f" since {model['since'][:10]}  heard {model['nights_heard']} nights"
        )
        yield f"     {model['verdict']}"


def model_page_lines(page: Rows) -> Iterator[str]:
    """A version, its files, its history, its numbers."""
    speaks = "speaks" if page["speaks"] else "nobody is told"
    yield f"{page['model_version']}  {page['family']}  {stage(page)}, {speaks}"
    yield f"trained through {page['trained_through']}  features {page['feature_version']}"
    yield f"heard on {page['nights_heard']} nights"
    yield f"verdict   {page['verdict']}"
    yield f"artifact  {page['artifact_key']}  sha256 {page['sha256'][:16]}"
    yield f"card      {page['card_html']}  {page['card_markdown']}  (bucket of models)"
    yield "history"
    for change in page["history"]:
        yield f"  {change['at']}  {stage(change)}  by {change['actor']}: {change['reason']}"


def comparison_lines(found: Rows) -> Iterator[str]:
    """Two versions: the numbers of both, and how far they were apart on the same nights."""
    one, other = found["one"], found["other"]
    yield f"{'':<44}{one['model_version']:>28}{other['model_version']:>28}"
    yield f"{'stage':<44}{stage(one):>28}{stage(other):>28}"
    for figure in found["figures"]:
        yield f"{figure['name']:<44}{figure['one']:>28.5g}{figure['other']:>28.5g}"
    if not found["apart"]:
        yield "no night has both"
    for apart in found["apart"]:
        yield (
            f"{apart['horizon_days']} days: {apart['mean_apart']:.4f} apart in the mean,"
            f" {apart['same_side']:.0%} on the same side,"
            f" {apart['rows']:,} forecasts of {apart['nights']} nights to {apart['last_night']}"
        )


def stage(model: Rows) -> str:
    """The stage, of a canary with its percentage."""
    percent = model["canary_percent"]
    return str(model["stage"]) if percent is None else f"{model['stage']} {percent} %"
