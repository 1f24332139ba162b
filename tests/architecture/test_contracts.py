"""Every import contract breaks when somebody breaks it: one seeded violation each."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = (
    *("kernel", "backtest_engine", "backtest_svc", "ingestion", "signals_svc", "api_gw"),
    *("cli", "stack", "dags"),
)

VIOLATIONS = {
    "layers": ("signals_svc/domain/stray.py", "import ingestion"),
    "inside": ("ingestion/utils.py", "NUMBER = 1"),
    "engine": ("backtest_engine/stray.py", "import datetime"),
    "pure": ("ingestion/domain/stray.py", "import sqlalchemy"),
    "settings": ("api_gw/adapters/stray.py", "import api_gw.settings"),
    "dags": ("dags/stray.py", "import polars"),
    "cli": ("cli/stray.py", "import api_gw"),
    "shipped": ("kernel/stray.py", "import stack"),
}


def lint(root: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    only = ["--contract", contract] if contract else []
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--no-cache", *only], cwd=root, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    return root


def test_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_seeded_violation_breaks_its_contract(tree: Path, contract: str) -> None:
    place, line = VIOLATIONS[contract]
    seed = tree / place
    seed.write_text(f'"""A violation on purpose."""\n\n{line}\n')
    try:
        result = lint(tree, contract)
    finally:
        seed.unlink()
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout
