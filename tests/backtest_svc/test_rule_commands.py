"""`check`, `format` and `schema` as a person runs them: output and exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest_svc.app import command_line

RULE = "if momentum(30)>8% then buy 1 copy\n"
FORMATTED = "IF momentum(30) > 8% THEN BUY 1 COPY\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(), ["job", *arguments])


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    path = tmp_path / "rule.txt"
    path.write_text(RULE)
    return path


def test_a_rule_that_makes_sense_is_told_so(rule_file: Path) -> None:
    result = run("check", str(rule_file))
    assert result.exit_code == 0
    assert "makes sense (1 BUY and 0 SELL lines)" in result.stdout


def test_a_mistake_is_shown_in_its_line_and_leaves_with_1(rule_file: Path) -> None:
    rule_file.write_text("IF close + 5% > 3 THEN BUY 1 COPY\n")
    result = run("check", str(rule_file))
    assert result.exit_code == 1
    assert "line 1, column 12" in result.stderr
    assert "\n             ^\n  hint: " in result.stderr


def test_a_rule_is_formatted_into_its_file(rule_file: Path) -> None:
    assert run("format", str(rule_file)).stdout == FORMATTED
    assert rule_file.read_text() == RULE
    assert run("format", str(rule_file), "--write").exit_code == 0
    assert rule_file.read_text() == FORMATTED


def test_a_rule_goes_to_json_and_back(rule_file: Path) -> None:
    tree_file = rule_file.with_suffix(".json")
    tree_file.write_text(run("format", str(rule_file), "--to", "json").stdout)
    assert json.loads(tree_file.read_text())["lines"][0]["kind"] == "when"
    assert run("format", str(tree_file), "--to", "text").stdout == FORMATTED
    assert run("check", str(tree_file)).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("r.txt", b"\xff\xfe\x00", "no text in UTF-8"),
        ("r.txt", b"#" * 500_000, "no rule is that long"),
        ("r.json", b"{", "is no JSON"),
        ("r.json", b"[" * 100_000, "is no JSON"),
        ("r.json", b'{"lines": 3}', "a list `lines`"),
    ],
)
def test_a_file_that_holds_no_rule_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = run("check", str(path))
    assert result.exit_code == 1
    assert told in result.stderr


def test_the_console_script_checks_a_rule(rule_file: Path) -> None:
    program = Path(sys.executable).with_name("pricer")
    result = subprocess.run(
        [str(program), "backtest", "check", str(rule_file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "makes sense" in result.stdout
