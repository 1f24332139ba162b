"""Airflow without a scheduler: a home of its own, imported only by the tests that use it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[None]:
    """Environment for importing Airflow; it writes its configuration into AIRFLOW_HOME."""
    settings = {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(repository / "dags"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    with pytest.MonkeyPatch.context() as patch:
        for key, value in settings.items():
            patch.setenv(key, value)
        yield
    structlog.reset_defaults()  # Airflow configured it, with loggers that are kept for good
    assert "AIRFLOW__CORE__DAGS_FOLDER" not in os.environ


@pytest.fixture(scope="module")
def dag_bag(airflow: None, repository: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(repository / "dags"))
