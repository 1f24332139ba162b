"""Describes the AWS control plane: our launcher around moto."""

import sys
from importlib.metadata import version

from stack import probes
from stack.ports import LOOPBACK
from stack.program import Program


def program(*, port: int, instance_id: str) -> Program:
    return Program(
        name="aws",
        argv=(sys.executable, "-P", "-m", "stack.aws_control_plane", "--port", str(port)),
        environment={"PRICER_INSTANCE_ID": instance_id},
    )


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def probe(endpoint: str, *, instance_id: str) -> str:
    page = f"{endpoint}/_local/healthz"
    return probes.instance(page, expected=instance_id, version=version("moto"))
