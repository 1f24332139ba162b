"""Owns the console script as a user meets it: a process with output and an exit code."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

# What each package's own commands need, and what must not be loaded before they are asked for.
HEAVY = {"polars", "numpy", "fastapi", "asyncpg", "psycopg", "boto3", "redis", "pydantic"}
OURS = {"ingestion", "signals_svc", "api_gw", "stack", "kernel"}
MOST_MODULES = 260  # a bare click with urllib and importlib.metadata loads about 210


def pricer(*arguments: str, code: str = "from cli.main import pricer; pricer()") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "COLUMNS": "100"},
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def answering(status: int, body: object) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_starting_imports_little_and_no_package() -> None:
    _, said = pricer(
        code="import cli.main, sys, json; print(json.dumps(sorted(sys.modules)))",
    )
    loaded = set(json.loads(said))
    assert not loaded & (HEAVY | OURS)
    assert len(loaded) < MOST_MODULES


def test_jobs_of_every_package_are_listed_with_a_line_each() -> None:
    code, said = pricer("jobs")
    assert code == 0
    lines = {tuple(line.split()[:2]): line for line in said.splitlines()}
    assert ("ingestion", "load_trades") in lines
    assert ("signals_svc", "infer") in lines
    assert ("api_gw", "index_closes") in lines
    assert all(len(line.split()) > 2 for line in lines.values())


def test_a_package_that_cannot_be_imported_is_named_and_the_others_listed(tmp_path: Path) -> None:
    code, said = with_packages(
        tmp_path,
        "broken = nowhere_at_all:commands",
        "jobs",
    )
    assert code == 1
    assert "the commands of broken cannot be imported: No module named 'nowhere_at_all'" in said
    assert "load_trades" in said


def test_a_job_gets_its_own_options_and_its_exit_code_is_ours(tmp_path: Path) -> None:
    (tmp_path / "echoing.py").write_text("import sys; print(sys.argv[1:]); sys.exit(75)")
    code, said = with_packages(
        tmp_path, "echoing = echoing:commands", "job", "echoing", "fetch", "--date", "2024-01-02"
    )
    assert code == 75
    assert said.strip() == "['job', 'fetch', '--date', '2024-01-02']"


def test_help_of_a_job_is_the_jobs_own() -> None:
    code, said = pricer("job", "ingestion", "fetch", "--help")
    assert code == 0
    assert "--source" in said


def test_an_unknown_package_is_refused_with_the_known_ones() -> None:
    code, said = pricer("job", "nothing", "fetch")
    assert code == 2
    known = "api_gw, backtest_svc, ingestion, signals_svc"
    assert f"There is no package 'nothing'. Choose one of: {known}." in said


def test_a_job_without_a_package_says_how_to_ask() -> None:
    code, said = pricer("job")
    assert code == 2
    assert "pricer jobs" in said


def test_versions_name_the_platform_python_and_main_parts() -> None:
    code, said = pricer("version")
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert lines["pokemon-pricer"][0].isdigit()
    assert lines["python"] == sys.version.split()[0]
    assert {"fastapi", "onnxruntime", "apache-airflow"} <= lines.keys()


def test_status_of_an_api_is_its_readiness() -> None:
    with answering(200, {"status": "ready", "cache": "away"}) as url:
        code, said = pricer("status", "--url", url)
    assert code == 0
    assert said.strip() == f"api_gw  {url}  status ready  cache away"


def test_status_of_an_api_without_its_database_says_why() -> None:
    with answering(503, {"detail": "The database did not answer."}) as url:
        code, said = pricer("status", "--url", url)
    assert code == 1
    assert said.strip() == f"api_gw  {url}  answers 503: The database did not answer."


def test_status_where_nobody_answers_says_whom_it_asked() -> None:
    code, said = pricer("status", "--url", "http://127.0.0.1:1")
    assert code == 1
    assert "no answer from http://127.0.0.1:1/readyz" in said


def test_status_refuses_an_address_that_is_none() -> None:
    code, said = pricer("status", "--url", "file:///etc/passwd")
    assert code == 2
    assert "write http://host:port" in said


def with_packages(folder: Path, entry: str, *arguments: str) -> tuple[int, str]:
    """The script with one more installed distribution, which brings the entry point."""
    metadata = folder / "one_more-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: one-more\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[pricer.commands]\n{entry}\n")
    os_path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import pricer; pricer()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PYTHONPATH": os_path},
    )
    return done.returncode, done.stdout + done.stderr
