"""What the compiler keeps on disk is never of rules that have changed since."""

import os
import re
import subprocess
import sys
from pathlib import Path

import ingestion.domain

RULES = """
from numba import njit

LIMIT = {limit}
compiled = njit(nogil=True)


@compiled
def beyond(price):
    return price > LIMIT
"""
ENTRY = """
import rules
from ingestion.domain.compiled_entry import compiled_entry
from rules import beyond


@compiled_entry(rules)
def judge(sources):
    def judge_one(price):
        _ = sources
        return beyond(price)

    return judge_one


print(judge(5), sum(judge.stats.cache_hits.values()))
"""
DOMAIN = Path(ingestion.domain.__path__[0])


def run(folder: Path) -> str:
    paths = os.pathsep.join([str(folder), str(DOMAIN.parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(folder / "kept")}
    command = [sys.executable, str(folder / "entry.py")]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_changed_rule_in_another_file_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(ENTRY)
    (tmp_path / "rules.py").write_text(RULES.format(limit=3))
    assert run(tmp_path) == "True 0"
    assert run(tmp_path) == "True 1"
    (tmp_path / "rules.py").write_text(RULES.format(limit=7))
    assert run(tmp_path) == "False 0"


def test_what_is_kept_by_its_own_file_alone_calls_no_other() -> None:
    kept = [path for path in DOMAIN.glob("*.py") if "njit(cache=True" in path.read_text()]
    assert {path.stem for path in kept} >= {"bar_pass", "learned_pass"}
    for path in kept:
        assert "from ingestion" not in path.read_text(), path


def test_the_kept_judging_is_named_by_all_files_it_calls() -> None:
    named = re.search(r"@compiled_entry\((.*)\)", (DOMAIN / "moment_pass.py").read_text())
    assert named
    called = set()
    for name in ["moment_pass", *named[1].split(", ")]:
        text = (DOMAIN / f"{name}.py").read_text()
        called |= set(re.findall(r"^from ingestion\.domain\.(\w+) import", text, re.M))
    assert called - {"compiled_entry"} == set(named[1].split(", "))
