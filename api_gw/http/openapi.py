"""The published description of the API: problem documents stand where errors are described."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api_gw.http.schemas import Problem
from kernel.http import PROBLEM

REPLACED = ("HTTPValidationError", "ValidationError")
WORDS = {
    "401": "The token is missing or wrong.",
    "403": "Nobody may do this in this installation.",
    "404": "There is no such card, set, grade or signal; the detail says what there is.",
    "422": "A parameter is wrong; the detail says which and why.",
    "503": "The database does not answer; try again after Retry-After seconds.",
}
OF_A_READ = ("404", "422", "503")
STATUSES_OF = {
    "/healthz": (),
    "/readyz": ("503",),
    "/movers": ("422", "503"),
    "/admin/backfills": ("401", "403", "422", "503"),
    "/admin/backfills/{run_id}": ("401", "403", "404", "503"),
}


def describing(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """A replacement of `app.openapi` that describes each error as the problem document it is."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(app)
        return app.openapi_schema

    return describe


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for name in REPLACED:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            for status in STATUSES_OF.get(path, OF_A_READ):
                said = {"description": WORDS[status], "content": content}
                operation["responses"][status] = said
    return document
