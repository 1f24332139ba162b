"""A job of ingestion in a process of its own, forked from one that has imported all it needs.

`python -m ingestion` spends most of a short job on imports; tests of many jobs cannot. The stack's
tests run every job as Airflow does.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from ingestion.app import commands

ENDS_WITHIN_S = 120

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.ingestion.imported_before"])


@dataclass
class JobProcess:
    """One run of a job."""

    process: ForkServerProcess
    log: Path

    def kill(self) -> None:
        """As kill -9. Who waits for it sees it go: of two who wait, one misses its exit code."""
        self.process.kill()

    def wait(self) -> int:
        """Its exit code."""
        self.process.join(ENDS_WITHIN_S)
        if self.process.exitcode is None:
            self.kill()
            raise AssertionError(f"the job did not end within {ENDS_WITHIN_S} s:\n{self.said()}")
        return self.process.exitcode

    def said(self) -> str:
        """What it told people."""
        return self.log.read_text() if self.log.exists() else ""

    def told(self) -> str:
        """What it told whoever started it."""
        told = _told(self.log)
        return told.read_text() if told.exists() else ""


def _told(log: Path) -> Path:
    return log.with_suffix(".told")


def start_job(words: Sequence[str], environment: Mapping[str, str], log: Path) -> JobProcess:
    """`python -m ingestion job` and the words, with this environment."""
    process = processes.Process(target=_work, args=(list(words), dict(environment), str(log)))
    process.start()
    return JobProcess(process, log)


def _work(words: list[str], environment: dict[str, str], log: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in ((1, _told(Path(log))), (2, log)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    sys.argv = ["ingestion", "job", *words]

    commands()()
