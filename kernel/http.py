"""The HTTP edge: kinds of error as RFC 9457 problem documents."""

import traceback
from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    Rejected,
    Unauthenticated,
    Unavailable,
)

PROBLEM = "application/problem+json"
RETRY_AFTER_S = "5"

STATUS: Mapping[type[DomainError], int] = {
    NotFound: 404,
    Conflict: 409,
    Rejected: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    Unavailable: 503,
}


def status_of(error: DomainError) -> int:
    """The HTTP status of an error's kind."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def problem(status: int, title: str, detail: str, instance: str, **more: object) -> JSONResponse:
    """An RFC 9457 problem document. `more` becomes extension members."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = RETRY_AFTER_S
    return JSONResponse(
        body | {"instance": instance} | more, status, headers=headers, media_type=PROBLEM
    )


async def _domain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    return problem(status_of(error), error.title, str(error), request.url.path)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]), "problem": fault["msg"]}
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
    return problem(422, "Input rejected", detail, request.url.path, errors=faults)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), str(error.detail), request.url.path)


async def _crash(request: Request, error: Exception) -> JSONResponse:
    # What is wrong inside is for the log; a stranger learns that it is not his request.
    said = "".join(traceback.format_exception(error))
    structlog.get_logger().error("request.crashed", path=request.url.path, traceback=said)
    detail = "The service failed to answer this. It has been logged; try again later."
    return problem(500, "Internal error", detail, request.url.path)


def install_problem_documents(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _crash)
