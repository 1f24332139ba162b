"""`pricer backfill`: what it sends with which token, and what it prints."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

import cli.backfill

WINDOW = ("--from", "2026-09-01", "--to", "2026-09-30")
ASKED = {"run_id": "backfill-1", "state": "queued", "new": True}


@dataclass
class Api:
    """Answers in order, and remembers what it was sent."""

    answers: list[tuple[int, dict[str, Any]]]
    url: str = ""
    sent: list[tuple[str, str, str | None, Any]] = field(default_factory=list)


@contextmanager
def answering(*answers: tuple[int, dict[str, Any]]) -> Iterator[Api]:
    api = Api(list(answers))

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply("POST", body)

        def do_GET(self) -> None:
            self.reply("GET", None)

        def reply(self, method: str, body: Any) -> None:
            api.sent.append((method, self.path, self.headers["Authorization"], body))
            status, said = api.answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    yield api
    server.shutdown()
    server.server_close()


def backfill(*arguments: str, url: str, token: str = "the-token") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import pricer; pricer()", "backfill", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PRICER_API_URL": url, "PRICER_ADMIN_TOKEN": token},
    )
    return done.returncode, done.stdout + done.stderr


def test_a_wish_is_sent_with_the_token_and_its_run_is_named() -> None:
    with answering((202, ASKED)) as api:
        code, said = backfill(
            "--source", "a", "--source", "b", "--mode", "all", *WINDOW, url=api.url
        )
    assert (code, said.strip()) == (0, "backfill-1  started, queued")
    assert api.sent == [
        (
            "POST",
            "/admin/backfills",
            "Bearer the-token",
            {
                "sources": ["a", "b"],
                "instruments": [],
                "from": "2026-09-01",
                "to": "2026-09-30",
                "mode": "all",
                "refetch": False,
                "dry_run": False,
                "reference": None,
            },
        )
    ]


def test_a_dry_run_waits_and_tells_days_and_rows() -> None:
    plan = {"days": 30, "rows_stored": 7, "median_night_rows": {"a": 217, "b": 42}}
    ended = {"run_id": "backfill-1", "state": "success", "plan": plan}
    with answering((202, ASKED), (200, {**ended, "outcome": {}})) as api:
        code, said = backfill("--source", "a", "--dry-run", *WINDOW, url=api.url)
    assert code == 0
    assert [line.split() for line in said.splitlines()[1:4]] == [
        ["plan", "days", "30"],
        ["plan", "rows", "stored", "7"],
        ["plan", "median", "night", "rows", "a", "217,", "b", "42"],
    ]
    assert api.sent[0][3]["reference"].startswith("dry run of 20")


def test_a_run_that_failed_fails_the_command() -> None:
    ended = {"run_id": "backfill-1", "state": "failed", "plan": {}, "outcome": {}}
    with answering((202, {**ASKED, "new": False}), (200, ended)) as api:
        code, said = backfill("--source", "a", "--wait", *WINDOW, url=api.url)
    assert (code, said.splitlines()[0]) == (1, "backfill-1  was asked for before, queued")


RUNNING = (200, {"run_id": "backfill-1", "state": "running", "plan": {}, "outcome": {}})
AWAY = (503, {"detail": "Airflow did not answer"})


def test_an_api_that_is_away_for_a_moment_does_not_end_the_wait() -> None:
    ended = {"run_id": "backfill-1", "state": "success", "plan": {}, "outcome": {"done": 3}}
    with answering((202, ASKED), AWAY, (502, {}), RUNNING, AWAY, (200, ended)) as api:
        code, said = backfill("--source", "a", "--wait", *WINDOW, url=api.url)
    assert (code, said.splitlines()[-1]) == (0, "backfill-1  success")


def test_an_api_that_stays_away_ends_the_wait_with_its_words() -> None:
    with answering(*[AWAY] * cli.backfill.PATIENCE) as api:
        with pytest.raises(cli.backfill.NotNow, match="answers 503: Airflow did not answer"):
            cli.backfill.followed(api.url, "backfill-1", "the-token", within_s=30, poll_s=0.01)
        assert api.answers == []


def test_a_run_that_goes_on_for_longer_than_said_is_left_with_75() -> None:
    with answering((202, ASKED), *[RUNNING] * 9) as api:
        code, said = backfill("--source", "a", "--wait", "--within", "0.05", *WINDOW, url=api.url)
    assert (code, "has not ended within 0.05 minutes and goes on" in said) == (75, True)
    assert len(api.answers) > 0


def test_a_wish_is_not_sent_twice_when_the_api_is_away() -> None:
    with answering(AWAY, (202, ASKED)) as api:
        code, said = backfill("--source", "a", "--wait", *WINDOW, url=api.url)
    assert (code, len(api.sent), "answers 503" in said) == (1, 1, True)


def test_a_refusal_is_told_in_its_own_words() -> None:
    with answering((401, {"detail": "this is not the token"})) as api:
        code, said = backfill("--source", "a", *WINDOW, url=api.url)
    assert (code, "answers 401: this is not the token" in said) == (1, True)
    code, said = backfill("--source", "a", *WINDOW, url="http://127.0.0.1:1")
    assert (code, "Is it running?" in said) == (1, True)
