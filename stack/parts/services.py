"""Describes our own HTTP programs: each answers /healthz with the instance id."""

import sys
from collections.abc import Mapping
from importlib.metadata import version

from stack import probes
from stack.program import Program


def program(name: str, module: str, *words: str, environment: Mapping[str, str]) -> Program:
    argv = (sys.executable, "-P", "-m", module, *words)
    return Program(name=name, argv=argv, environment=environment)


def probe(base: str, *, instance_id: str) -> str:
    ours = version("pokemon-pricer")
    return probes.instance(f"{base}/healthz", expected=instance_id, version=ours)
