"""Owns the published description: it is what the code says, complete and the same every time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_gw.app import openapi_text


@pytest.fixture(scope="module")
def document(repository: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((repository / "api_gw" / "openapi.json").read_text())
    return loaded


def test_the_committed_description_is_what_the_code_says(repository: Path) -> None:
    committed = (repository / "api_gw" / "openapi.json").read_text()
    assert committed == openapi_text(), "run `make openapi`"


def test_the_command_prints_the_same_bytes_without_any_setting(repository: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "api_gw", "openapi"],
        cwd=repository,
        env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    assert printed == (repository / "api_gw" / "openapi.json").read_bytes()


def fields(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in document["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            yield f"{name}.{field}", said


def test_every_field_is_described(document: dict[str, Any]) -> None:
    assert [name for name, said in fields(document) if not said.get("description")] == []


def test_every_number_names_its_unit(document: dict[str, Any]) -> None:
    units = (
        "cents",
        "days",
        "fraction",
        "count",
        "0 to 1",
        "counted from 1",
        "unit",
        "status code",
    )
    numbers = [
        (name, said["description"])
        for name, said in fields(document)
        if {"integer", "number"} & {one.get("type") for one in [said, *said.get("anyOf", [])]}
    ]
    assert len(numbers) > 20
    assert [name for name, words in numbers if not any(unit in words for unit in units)] == []


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    parameters = [
        parameter
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
    ]
    assert parameters
    assert [one["name"] for one in parameters if not one.get("description")] == []


def test_errors_are_described_as_problem_documents(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                kind = "application/json" if status.startswith("2") else "application/problem+json"
                assert list(response["content"]) == [kind]
    assert "HTTPValidationError" not in document["components"]["schemas"]
