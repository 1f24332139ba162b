"""After a rehearsal nothing that a night of features runs is compiled any more."""

import os
import subprocess
import sys
from pathlib import Path

# Columns of a night, from the store's own reader; it has more cards and days.
NIGHT = """
from datetime import date
import numpy as np
from benchmarks.featuring import market
from signals_svc.domain.features import features_on
from signals_svc.domain.tree_paths import contributions
from signals_svc.usecases.rehearse import _split

bars, catalog, facts = market()
assert features_on(bars, catalog, date(2026, 6, 1), facts).series.owners > 50
assert contributions(_split(), np.ones((3, 5), np.float32))[0].shape == (3, 5)
"""


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.nbc")}


def test_a_night_after_a_rehearsal_compiles_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "SCALE": "0.02"}
    run = [sys.executable, "-m", "signals_svc", "job", "rehearse"]
    done = subprocess.run(run, env=environment, check=True, capture_output=True, text=True)
    assert '"instruments": 4' in done.stdout
    assert '"inputs_moved": 1' in done.stdout
    rehearsed = kept(tmp_path)
    assert len(rehearsed) > 5
    subprocess.run([sys.executable, "-c", NIGHT], env=environment, check=True)
    assert kept(tmp_path) == rehearsed
