"""Owns which fixtures all tests share, and marks each test by the servers its fixtures start."""

import pytest

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


WHOLE_STACK = "whole stack"


@pytest.hookimpl(tryfirst=True)  # the runner reads the groups right after
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        used = getattr(item, "fixturenames", ())
        for fixture, marker in MARKING_FIXTURES.items():
            if fixture in used:
                item.add_marker(marker)
        # A file's tests share servers, so one worker runs them; whole stacks run one at a time.
        group = WHOLE_STACK if "running_stack" in used else item.location[0]
        item.add_marker(pytest.mark.xdist_group(group))
    # The longest group first, or it would be what everybody waits for in the end.
    items.sort(key=lambda item: "running_stack" not in getattr(item, "fixturenames", ()))
