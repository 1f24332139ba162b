"""Probes refuse whoever else answers on the port, and what the previous run has left."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stack import probes
from stack.errors import Unhealthy
from stack.parts import airflow, aws, s3, services
from stack.ports import LOOPBACK

BEAT = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
HEALTH = {
    "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": BEAT.isoformat()},
    "dag_processor": {"status": "unhealthy", "latest_dag_processor_heartbeat": BEAT.isoformat()},
    "instance": "somebody else's",
}


class Stranger(BaseHTTPRequestHandler):
    """Answers everything with success, as a development server of another project would."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(HEALTH).encode())

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    with HTTPServer((LOOPBACK, 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()


def test_a_service_of_another_instance_is_refused(stranger: str) -> None:
    with pytest.raises(Unhealthy, match="another program answers"):
        services.probe(stranger, instance_id="ours")


def test_an_api_server_that_takes_any_password_the_wrong_way_is_refused(stranger: str) -> None:
    with pytest.raises(Unhealthy, match="another program answers"):
        airflow.api_probe(stranger, password="ours")


def test_a_server_that_speaks_no_s3_is_refused(stranger: str) -> None:
    with pytest.raises(Unhealthy):
        s3.probe(stranger, s3.Keys("OURS", "our-secret"))


def test_a_control_plane_of_another_instance_is_refused(stranger: str) -> None:
    with pytest.raises(Unhealthy, match="another program answers"):
        aws.probe(stranger, instance_id="ours")


@pytest.mark.parametrize("probe", [probes.postgres, probes.valkey])
def test_a_server_of_another_protocol_is_refused(probe: object, stranger: str) -> None:
    assert callable(probe)
    scheme = "postgresql" if probe is probes.postgres else "redis"
    with pytest.raises(Unhealthy):
        probe(stranger.replace("http", scheme))


def test_a_heartbeat_of_the_previous_run_is_refused(stranger: str) -> None:
    with pytest.raises(Unhealthy, match="no heartbeat"):
        airflow.heartbeat_probe(stranger, kind="scheduler", since=BEAT + timedelta(seconds=1))
    assert airflow.heartbeat_probe(stranger, kind="scheduler", since=BEAT)


def test_a_new_heartbeat_of_an_unhealthy_process_is_refused(stranger: str) -> None:
    with pytest.raises(Unhealthy, match="unhealthy"):
        airflow.heartbeat_probe(stranger, kind="dag_processor", since=BEAT)


def test_nobody_there_is_unhealthy() -> None:
    with pytest.raises(Unhealthy, match="refused"):
        services.probe(f"http://{LOOPBACK}:9", instance_id="ours")
    with pytest.raises(Unhealthy, match="refused"):
        airflow.api_probe(f"http://{LOOPBACK}:9", password="ours")
