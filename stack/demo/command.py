"""`python -m stack demo`: start the stack, do the main job, then serve or stop."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from stack import front
from stack.demo import plans
from stack.demo.gates import print_gates
from stack.demo.main_job import MainJob
from stack.demo.rehearsal import rehearsing
from stack.demo.report import Report
from stack.demo.track_record import print_track_record
from stack.front import Stack
from stack.say import say
from stack.state import REPOSITORY, State
from stack.world import Worlds

PLAIN_WIDTH = 150  # columns when the output is no terminal


def run_demo(
    root: Path, *, data: Path | None, stop_when_done: bool, serve: Callable[[Stack], None]
) -> None:
    """Raises StackError at the first stage that fails; the stack is stopped either way."""
    begun = time.monotonic()
    world = Worlds.SIMULATED if data is None else Worlds.IMPORTED
    today = datetime.now(UTC).date()
    if data is None:
        plan = plans.simulated(REPOSITORY, today=today)
    else:
        plan = plans.imported(REPOSITORY, data)
    state = State(root)
    with rehearsing(state), front.running(state, world=world.value) as stack:
        main_job = MainJob(stack, plan)
        main_job.run()
        terminal = Console()
        console = terminal if terminal.is_terminal else Console(width=PLAIN_WIDTH)
        say("")
        Report(stack.site.database_url("api_gw"), plan, main_job.told, console).print()
        print_gates(stack.url("api_gw"), console)
        print_track_record(stack.url("api_gw"), console)
        say(f"Every stage succeeded; {time.monotonic() - begun:.0f} s since the start.")
        if not stop_when_done:
            if world.value.simulated:
                main_job.switch_hot_cards_on()
            serve(stack)


data_option = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True),
    help="a folder of recorded sales to import instead of the simulated marketplace",
)
exit_option = click.option("--exit", "stop_when_done", is_flag=True, help="stop when it is done")
