"""The main job against its limits: seconds and memory of `python -m stack demo --exit`, as ratios.

Runs on a fresh state directory, with everything installed. PRICER_DATA=folder adds the import of
recorded sales. Exit code 1 when a limit is passed.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stack import status
from stack.state import State

SAMPLE_S = 1.0
MEMORY_LIMIT_GIB = 4.0  # proportional set size summed over all processes of the stack
DEMO_LIMIT_S = 240.0
IMPORT_LIMIT_S = 360.0


@dataclass(frozen=True)
class Measured:
    """Wall-clock seconds of the whole command, and the largest sum of memory that was seen."""

    seconds: float
    peak_bytes: int
    succeeded: bool


def measure(state: State, *options: str) -> Measured:
    """Run the main job once and watch it."""
    words = [sys.executable, "-m", "stack", "demo", "--exit", "--state", str(state.root), *options]
    begun, peak = time.monotonic(), 0
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                peak = max(peak, sum(line.memory for line in status.lines(state) or []))
            except (OSError, KeyError):
                continue  # a process ended while it was being looked at
            time.sleep(SAMPLE_S)
    return Measured(time.monotonic() - begun, peak, process.returncode == 0)


def report(name: str, got: float, limit: float, unit: str) -> bool:
    """Print one ratio; true when it is within its limit."""
    print(f"{name:34} {got:8.1f} {unit} = {got / limit:.2f} of the limit of {limit:.0f} {unit}")
    return got <= limit


def main() -> int:
    """Measure a first run, a second run and, with PRICER_DATA, an import."""
    data = os.environ.get("PRICER_DATA")
    kept = True
    with tempfile.TemporaryDirectory(prefix="limits ") as home:
        state = State(Path(home) / "state")
        runs: list[tuple[str, float, tuple[str, ...]]] = [
            ("make demo, first", DEMO_LIMIT_S, ()),
            ("make demo, second", DEMO_LIMIT_S, ()),
        ]
        if data:
            runs.append(("make demo DATA=...", IMPORT_LIMIT_S, ("--data", data)))
        for name, limit_s, options in runs:
            measured = measure(state, *options)
            kept &= measured.succeeded
            kept &= report(name, measured.seconds, limit_s, "s")
            kept &= report(f"{name}, memory", measured.peak_bytes / 2**30, MEMORY_LIMIT_GIB, "GiB")
        state.delete()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
