"""After a rehearsal nothing that a night runs is compiled any more."""

import os
import subprocess
import sys
from pathlib import Path

# Frames come from PostgreSQL in several chunks, and what the compiler keeps goes by such things.
NIGHT = """
import polars as pl
from ingestion.domain.bars import bar_versions
from ingestion.domain.verdicts import all_verdicts
from ingestion.domain.versions import VERSIONS
from ingestion.usecases.rehearse import _prices

rows = [dict(row) for row in _prices()]
frames = [
    pl.DataFrame([{**row, "card_id": card} for row in rows], schema=VERSIONS, orient="row")
    for card in ("base1-4", "base1-2", "neo1-9")
]
versions = pl.concat(frames, rechunk=False)
verdicts = all_verdicts(versions)
halves = pl.concat([verdicts[:2], verdicts[2:]], rechunk=False)
assert (verdicts.height, verdicts.n_chunks(), halves.n_chunks()) == (3, 1, 2)
for told in (verdicts, halves):
    assert bar_versions(versions, told).height == 99
"""


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.nbc")}


def test_a_night_after_a_rehearsal_compiles_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = [sys.executable, "-m", "ingestion", "job", "rehearse"]
    done = subprocess.run(run, env=environment, check=True, capture_output=True, text=True)
    assert '"verdicts": 1, "bars": 33' in done.stdout
    rehearsed = kept(tmp_path)
    assert any("judge_few" in name for name in rehearsed)
    subprocess.run([sys.executable, "-c", NIGHT], env=environment, check=True)
    assert kept(tmp_path) == rehearsed
