"""Owns the layout of .stack/, where one checkout's stack keeps everything it has."""

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.parts.postgres_placement import STATE_DIRECTORY

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class State:
    """Paths under one .stack directory. Call `create` before anything is written."""

    root: Path

    def create(self) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self.logs, self.programs, self.groups):
            directory.mkdir(exist_ok=True)
        if not self.instance_file.exists():
            # Random, not made from the path: a new clone there must not find the old one's data.
            self.instance_file.write_text(secrets.token_hex(6))

    @property
    def instance_file(self) -> Path:
        return self.root / "instance-id"

    @property
    def instance_id(self) -> str:
        return self.instance_file.read_text().strip()

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def programs(self) -> Path:
        return self.root / "programs"

    @property
    def groups(self) -> Path:
        return self.root / "groups"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def run_file(self) -> Path:
        return self.root / "run.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    @property
    def supervisor_file(self) -> Path:
        return self.root / "supervisord.conf"

    def log_of(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def delete(self) -> None:
        """The directory and, for root, what lies outside of it."""
        if self.instance_file.exists():
            shutil.rmtree(STATE_DIRECTORY / self.instance_id, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)


@dataclass(frozen=True)
class Run:
    """What `status` and `down` in another shell need to know of the running front process."""

    pid: int
    started_at: str  # ISO 8601, UTC
    world: str
    parts: tuple[str, ...]
    ports: Mapping[str, int]


def write_run(state: State, run: Run) -> None:
    fresh = state.run_file.with_suffix(".new")
    fresh.write_text(json.dumps(vars(run)))
    fresh.rename(state.run_file)


def read_run(state: State) -> Run | None:
    try:
        stored = json.loads(state.run_file.read_text())
    except FileNotFoundError:
        return None
    return Run(**{**stored, "parts": tuple(stored["parts"])})
