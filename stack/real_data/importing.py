"""Runs ingestion's jobs for every recorded file, one process each, as the scheduler would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stack.environment import of_jobs
from stack.errors import StackError
from stack.real_data.sources import CATALOG, RECORDED, Recorded
from stack.say import say
from stack.site import Site
from stack.state import REPOSITORY

JOB_WITHIN_S = 600
QUARANTINED = 3  # done; some rows wait in quarantine


class JobFailed(StackError):
    """A job left with an error."""

    def __init__(self, words: tuple[str, ...], said: str) -> None:
        super().__init__(f"ingestion {' '.join(words)} failed:\n{said}")


@dataclass(frozen=True)
class Imported:
    """What the jobs said of one file, by job, and the seconds it took in all."""

    source: Recorded
    seconds: float = 0.0
    told: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Importer:
    """Brings files into the stores of a running stack."""

    def __init__(self, site: Site, data: Path) -> None:
        self._environment = {**os.environ, **of_jobs(site)}
        self._data = data

    def run(self) -> list[Imported]:
        """The catalog, then every file to its bars, then the lake. Raises JobFailed."""
        self._job("load_catalog", "--from", str(self._data / CATALOG))
        self._job("load_product_map", "--from", str(REPOSITORY / "migrations" / "seeds"))
        done = [self._file(source) for source in RECORDED]
        self._job("publish_curated")
        return done

    def _file(self, source: Recorded) -> Imported:
        begun = time.monotonic()
        of = ("--source", source.format, "--date", source.last_day.isoformat())
        items = ("--create-items",) if source.creates_items else ()
        path = str(self._data / source.file)
        told = {
            "fetch": self._job("fetch", *of, "--path", path),
            "validate": self._job("validate", *of, *items),
            "load_trades": self._job("load_trades", *of),
            "judge_outliers": self._job("judge_outliers"),
            "build_bars": self._job("build_bars"),
        }
        seconds = time.monotonic() - begun
        say(f"  {source.title:24} {seconds:5.1f} s  read {told['validate']['read']:,}")
        return Imported(source, seconds, told)

    def _job(self, *words: str) -> Mapping[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "ingestion", "job", *words],
            env=self._environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=JOB_WITHIN_S,
            check=False,
        )
        if done.returncode not in (0, QUARANTINED):
            raise JobFailed(words, done.stderr[-2000:])
        summary: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return summary
