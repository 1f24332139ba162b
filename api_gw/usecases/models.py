"""Looks at registered models, and asks the scheduler to move one to another stage."""

from api_gw.domain.errors import UnknownModel, UnknownStageRun
from api_gw.domain.models import (
    DAG_ID,
    TASK,
    Comparison,
    ModelPage,
    StageProgress,
    StageWish,
    shared_figures,
)
from api_gw.ports import DagRuns, Models

FAILED = "failed"


async def model_page(version: str, *, models: Models) -> ModelPage:
    """One version. Raises UnknownModel."""
    page = await models.page(version)
    if page is None:
        raise UnknownModel(version)
    return page


async def compare(one: str, other: str, *, models: Models) -> Comparison:
    """Two versions side by side. Raises UnknownModel."""
    ours, theirs = [await model_page(version, models=models) for version in (one, other)]
    return Comparison(
        one=ours.model,
        other=theirs.model,
        figures=shared_figures(ours.metrics, theirs.metrics),
        apart=tuple(await models.apart(one, other)),
    )


async def ask_for_stage(wish: StageWish, *, models: Models, dag_runs: DagRuns) -> StageProgress:
    """One run a wish; a second one finds the run of the first, and starts it again if it failed.

    Raises UnknownModel, Rejected, Unavailable.
    """
    page = await model_page(wish.model_version, models=models)
    run_id = wish.run_id(page.model.since)
    state = await dag_runs.start(DAG_ID, run_id, wish.conf())
    if state is None:
        state = await dag_runs.state(DAG_ID, run_id)
        if state == FAILED:  # a version that was refused may have earned it since
            state = await dag_runs.again(DAG_ID, run_id)
    return StageProgress(run_id, state or "queued", {}, None)


async def stage_progress(run_id: str, *, dag_runs: DagRuns) -> StageProgress:
    """How far a change is. Raises UnknownStageRun, Unavailable."""
    state = await dag_runs.state(DAG_ID, run_id)
    if state is None:
        raise UnknownStageRun(run_id)
    outcome = await dag_runs.result(DAG_ID, run_id, TASK)
    refused = await dag_runs.refusal(DAG_ID, run_id, TASK) if state == FAILED else None
    return StageProgress(run_id, state, outcome, refused)
