"""Finds the stack that another shell runs on a state directory, and what it was started with."""

from datetime import datetime

from stack import lock, secret_store
from stack.site import Site
from stack.state import REPOSITORY, Run, State, read_run
from stack.world import named


def running_site(state: State) -> tuple[Run, Site] | None:
    """None when no front process holds the state directory."""
    run = read_run(state)
    if run is None or not lock.is_held(state):
        return None
    site = Site(
        repository=REPOSITORY,
        state=state,
        instance_id=state.instance_id,
        world=named(run.world),
        started_at=datetime.fromisoformat(run.started_at),
        ports=run.ports,
        secrets=secret_store.load_or_generate(state.secrets_file),
    )
    return run, site
