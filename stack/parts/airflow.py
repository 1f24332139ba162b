"""Describes Airflow: api-server, scheduler with LocalExecutor, and dag-processor."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

from stack import probes
from stack.errors import Unhealthy
from stack.program import Program

USER = "pricer"

# Every process reads the same settings. Numbers are measured: 0.2 s idle sleep makes a chain of
# four DAGs take 1.3 s instead of 5. Facts are asked for in three tasks, for hours where sources are
# slow: a fourth worker is left for the nights. A changed file is parsed at once, others seldom.
FIXED = {
    "CORE__EXECUTOR": "LocalExecutor",
    "CORE__PARALLELISM": "4",
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
    "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
    "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    "API__HOST": "127.0.0.1",
    "API__WORKERS": "1",
    "USAGE_DATA_COLLECTION__ENABLED": "False",
}


def environment(
    *, home: Path, dags: Path, port: int, database_url: str, secrets: Mapping[str, str]
) -> dict[str, str]:
    base = f"http://127.0.0.1:{port}"
    settings = {
        **FIXED,
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__FERNET_KEY": secrets["airflow_fernet"],
        "CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(home)),
        "DATABASE__SQL_ALCHEMY_CONN": database_url.replace("://", "+psycopg2://", 1),
        "API__PORT": str(port),
        "API__BASE_URL": base,
        "API__SECRET_KEY": secrets["airflow_session"],
        "API_AUTH__JWT_SECRET": secrets["airflow_jwt"],
    }
    named = {f"AIRFLOW__{name}": value for name, value in settings.items()}
    return {"AIRFLOW_HOME": str(home), "PYTHONWARNINGS": "ignore", **named}


def passwords_file(home: Path) -> Path:
    return home / "passwords.json"


def prepare(home: Path, *, password: str) -> None:
    """Written before the first start: without it Airflow would make up a password of its own."""
    home.mkdir(exist_ok=True)
    path = passwords_file(home)
    path.touch(mode=0o600)
    path.write_text(json.dumps({USER: password}))


def program(name: str, *words: str, settings: Mapping[str, str]) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-P", "-m", "stack.airflow_process", *words),
        environment=settings,
        directory=settings["AIRFLOW_HOME"],
        # Told as a group, a scheduler whose workers have worked waits for them for ever.
        stop_as_group=False,
        stop_within_s=8,
    )


def migration(settings: Mapping[str, str]) -> Program:
    return program("airflow-migrate", "db", "migrate", settings=settings)


def api_probe(base: str, *, password: str) -> str:
    """Only our api-server takes our password."""
    status = probes.answer_to(f"{base}/auth/token", {"username": USER, "password": password})
    if status != HTTPStatus.CREATED:
        raise Unhealthy(f"another program answers at {base} ({status})")
    return version("apache-airflow")


def heartbeat_probe(base: str, *, kind: str, since: datetime) -> str:
    """A heartbeat older than this start is the previous run's."""
    health = probes.http_json(f"{base}/api/v2/monitor/health")
    job = health.get(kind) if isinstance(health, dict) else None
    beat = job.get(f"latest_{kind}_heartbeat") if isinstance(job, dict) else None
    if beat is None or datetime.fromisoformat(beat) < since:
        raise Unhealthy(f"no heartbeat of {kind} since {since:%H:%M:%S} UTC (latest: {beat})")
    if job is not None and job.get("status") != "healthy":
        raise Unhealthy(f"{kind} is {job.get('status')}")
    return version("apache-airflow")
