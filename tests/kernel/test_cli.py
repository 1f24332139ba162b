"""Kinds of error become exit codes; a summary is the last line."""

import json
from collections.abc import Callable, Mapping

import pytest

from kernel.cli import finish
from kernel.errors import DomainError, NotFound, Rejected, Unavailable


def failing(error: Exception) -> Callable[[], Mapping[str, object]]:
    def work() -> Mapping[str, object]:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable("no answer"), 75),
        (Rejected("bad"), 1),
        (NotFound("none"), 1),
        (KeyError("x"), 1),
    ],
)
def test_only_unavailable_asks_for_a_retry(error: Exception, code: int) -> None:
    with pytest.raises(SystemExit) as left:
        finish("some_job", failing(error))
    assert left.value.code == code


def test_an_expected_failure_tells_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        finish("some_job", failing(Rejected("the file has no column `price`")))
    assert "the file has no column `price`" in capsys.readouterr().err


def test_the_summary_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    finish("some_job", lambda: {"rows": 3})
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"job": "some_job", "rows": 3}


def test_rows_in_quarantine_show_in_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        finish("some_job", lambda: {"read": 3, "quarantined": 1})
    assert left.value.code == 3
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["quarantined"] == 1


def test_every_kind_has_a_title() -> None:
    assert {kind.title for kind in DomainError.__subclasses__()} > {"Not found", "Conflict"}
