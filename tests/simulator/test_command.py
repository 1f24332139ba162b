"""`python -m stack.simulator` serves on its own, and says what is missing."""

import subprocess
from functools import partial
from pathlib import Path

from stack.child import running
from stack.parts import services
from stack.ports import LOOPBACK, PortBook

MODULE = "stack.simulator"


def test_command_serves_as_the_named_instance(
    port_book: PortBook, first_port: int, tmp_path: Path
) -> None:
    port = port_book.take("simulator-command", first_port)
    program = services.program(
        "simulator",
        MODULE,
        *("--port", str(port), "--seed", "3"),
        environment={"PRICER_MARKETPLACE_TOKEN": "t", "PRICER_INSTANCE_ID": "mine"},
    )
    probe = partial(services.probe, f"http://{LOOPBACK}:{port}", instance_id="mine")
    with running(program, probe, log=tmp_path / "simulator.log") as version:
        assert version


def test_command_without_a_token_says_what_to_set() -> None:
    command = services.program("simulator", MODULE, environment={}).argv
    ended = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "PRICER_MARKETPLACE_TOKEN" in ended.stderr
