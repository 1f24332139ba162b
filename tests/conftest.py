"""Owns which fixtures all tests share, and marks each test by the servers its fixtures start."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import botocore.session
import pytest

from tests.files_together import FilesTogether

pytest_plugins = [
    "tests.fixtures.workspace",
    "tests.fixtures.postgres",
    "tests.fixtures.valkey",
    "tests.fixtures.s3",
    "tests.fixtures.aws",
]

# A fixture of this name in a test's closure gives the test the marker.
MARKING_FIXTURES = {
    "postgres": "postgres",
    "valkey_server": "valkey",
    "s3": "s3",
    "aws": "aws",
    "airflow": "airflow",
    "running_stack": "stack",
    "shared_data": "shared_data",
}


@pytest.fixture(scope="session", autouse=True)
def services_described_once() -> Iterator[None]:
    """botocore reads a megabyte of descriptions for every session, and each test has its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(autouse=True)
def own_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session keeps the first credentials it saw: another test's server's."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    return FilesTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        used = getattr(item, "fixturenames", ())
        for fixture, marker in MARKING_FIXTURES.items():
            if fixture in used:
                item.add_marker(marker)
    # Whole stacks take longest: begun last, they would be what everybody waits for in the end.
    items.sort(key=lambda item: "running_stack" not in getattr(item, "fixturenames", ()))
