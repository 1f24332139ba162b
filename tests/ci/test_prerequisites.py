"""What is missing on a machine is named with the line that installs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def look(repository: Path, python: str, path: str) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    assert bash is not None
    return subprocess.run(
        [bash, repository / ".ci" / "prerequisites", python],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_that_has_everything_is_told_nothing(repository: Path) -> None:
    found = look(repository, sys.executable, os.environ["PATH"])
    assert (found.returncode, found.stderr) == (0, "")


def test_a_missing_python_and_node_are_named_with_how_to_install_them(
    repository: Path, tmp_path: Path
) -> None:
    uname = shutil.which("uname")
    assert uname is not None
    (tmp_path / "uname").symlink_to(uname)
    found = look(repository, "python3.11", str(tmp_path))
    assert found.returncode == 1
    assert "Missing: Python 3.11" in found.stderr
    assert "Missing: Node 20" in found.stderr
    assert found.stderr.count(" install ") == 2


def test_an_old_node_is_not_good_enough(repository: Path, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\nexit 1\n")
    node.chmod(0o755)
    found = look(repository, sys.executable, f"{tmp_path}:{os.environ['PATH']}")
    assert found.returncode == 1
    assert "Node 20 or newer" in found.stderr
