"""The commands of `python -m stack`: up, demo, real-data, status, run, down, clean."""

import os
import signal
import sys
from pathlib import Path

import click

from stack import catalogue, front, lock, status
from stack.demo.command import data_option, exit_option, run_demo
from stack.environment import of_operator
from stack.errors import StackError
from stack.front import STOP_WITHIN_S, Stack, Stopped
from stack.real_data.command import describe_real_data
from stack.running import running_site
from stack.say import say, stage
from stack.scratch import scratch_database
from stack.state import REPOSITORY, State, read_run
from stack.sweep import sweep
from stack.watch import watch
from stack.world import Worlds

NOT_RUNNING = 3  # as the init scripts' status says it

PAGE = REPOSITORY / "docs" / "real-data.md"
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)

state_option = click.option(
    "--state",
    "root",
    type=click.Path(path_type=Path),
    default=REPOSITORY / ".stack",
    help="where data, logs and secrets are kept",
    show_default=".stack in the project's folder",
)
without_option = click.option(
    "--without", multiple=True, help="a service to leave out; the stores always start"
)


class StackErrorsEndHere(click.Group):
    """Prints what went wrong and what to do instead of a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StackError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=StackErrorsEndHere, help="The embedded stack on this machine.")
def main() -> None:
    os.umask(0o077)


@main.command()
@state_option
@without_option
@click.option("--world", type=click.Choice(Worlds, case_sensitive=False), default="SIMULATED")
def up(root: Path, without: tuple[str, ...], world: Worlds) -> None:
    """Start everything and serve until Ctrl-C."""
    parts = catalogue.without(without)
    with front.running(State(root), world=world.value, parts=parts) as stack:
        serve(stack)


@main.command()
@state_option
@data_option
@exit_option
def demo(root: Path, data: Path | None, stop_when_done: bool) -> None:
    """Start everything, do the main job, then serve until Ctrl-C."""
    run_demo(root, data=data, stop_when_done=stop_when_done, serve=serve)


@main.command()
@click.option(
    "--data", type=click.Path(exists=True, path_type=Path, resolve_path=True), required=True
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=REPOSITORY / "docs" / "real-data.md"
)
def real_data(data: Path, out: Path) -> None:
    """Import every recorded file into fresh stores and write the page about them."""
    describe_real_data(data, out)


def serve(stack: Stack) -> None:
    say(endpoints(stack))
    try:
        watch(stack)
    except Stopped:
        say("")  # the terminal's ^C stands in the line


def endpoints(stack: Stack) -> str:
    ports = {part.port for part in stack.parts}
    pages = {"api_gw": "API", "airflow": "Airflow", "simulator": "marketplace"}
    shown = [f"  {name:12} {stack.url(port)}" for port, name in pages.items() if port in ports]
    return "\n".join(["Serving until Ctrl-C:", *shown])


@main.command(name="status")
@state_option
def show_status(root: Path) -> None:
    """Show part, version, port, health and memory."""
    found = status.lines(State(root))
    if found is None:
        say("The stack is not running. Start it with `make demo`.")
        sys.exit(NOT_RUNNING)
    say(status.table(found))
    sys.exit(0 if all(line.is_healthy for line in found if line.version or line.health) else 1)


@main.command(context_settings={"allow_interspersed_args": False})
@state_option
@click.option("--scratch", is_flag=True, help="and an empty database for a copy of the store")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(root: Path, scratch: bool, command: tuple[str, ...]) -> None:
    """Run a command with what the running stack gives to jobs and to data engineers."""
    found = running_site(State(root))
    if found is None:
        raise StackError("The stack is not running. Start it with `make demo`.")
    told = of_operator(found[1]) | (scratch_database(found[1]) if scratch else {})
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
    os.execvpe(command[0], command, {**os.environ, **told, "PATH": path})


@main.command()
@state_option
def down(root: Path) -> None:
    """Stop a stack that runs in another shell."""
    stop(State(root))


def stop(state: State) -> None:
    front_run = read_run(state)
    if front_run is not None and lock.is_held(state):
        with stage(f"stopping the stack of process {front_run.pid}"):
            os.kill(front_run.pid, signal.SIGTERM)
            if not lock.wait_until_free(state, limit_s=STOP_WITHIN_S + 15):
                raise StackError(
                    f"Process {front_run.pid} does not end. Kill it: kill -9 {front_run.pid}"
                )
    elif state.instance_file.exists():
        with lock.held(state):
            swept = sweep(state)
        say(f"The stack was not running; ended {swept} leftover processes.")
    else:
        say("The stack is not running.")


@main.command()
@state_option
def clean(root: Path) -> None:
    """Stop, then delete all data of this checkout's stack."""
    state = State(root)
    stop(state)
    with stage("deleting data"):
        state.delete()
