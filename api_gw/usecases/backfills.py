"""Starts backfills through the scheduler and tells how far they are."""

from api_gw.domain.backfills import DAG_ID, PLAN_TASK, RUN_TASK, Asked, Backfill, Progress
from api_gw.domain.errors import UnknownBackfill
from api_gw.ports import DagRuns

FAILED = "failed"


async def ask_for_backfill(wish: Backfill, *, dag_runs: DagRuns) -> Asked:
    """One run a wish: a second one finds the run of the first, and starts it again if it failed.

    What a failed run has done stays done. Raises Rejected, Unavailable.
    """
    state = await dag_runs.start(DAG_ID, wish.run_id, wish.conf())
    if state is not None:
        return Asked(wish.run_id, state, new=True)
    state = await dag_runs.state(DAG_ID, wish.run_id)
    if state == FAILED:
        return Asked(wish.run_id, await dag_runs.again(DAG_ID, wish.run_id), new=True)
    return Asked(wish.run_id, state or "queued", new=False)


async def backfill_progress(run_id: str, *, dag_runs: DagRuns) -> Progress:
    """State of a run, and what its tasks have told so far. Raises UnknownBackfill, Unavailable."""
    state = await dag_runs.state(DAG_ID, run_id)
    if state is None:
        raise UnknownBackfill(run_id)
    plan = await dag_runs.result(DAG_ID, run_id, PLAN_TASK)
    outcome = await dag_runs.result(DAG_ID, run_id, RUN_TASK) if plan else {}
    return Progress(run_id, state, plan, outcome)
