"""The HTTP edge: kinds of error as RFC 9457 problem documents."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kernel.errors import Conflict, DomainError, Forbidden, NotFound, Rejected, Unavailable

PROBLEM = "application/problem+json"
RETRY_AFTER_S = "5"

STATUS: Mapping[type[DomainError], int] = {
    NotFound: 404,
    Conflict: 409,
    Rejected: 422,
    Forbidden: 403,
    Unavailable: 503,
}


def status_of(error: DomainError) -> int:
    """The HTTP status of an error's kind."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def problem(status: int, title: str, detail: str, instance: str, **more: object) -> JSONResponse:
    """An RFC 9457 problem document. `more` becomes extension members."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = {"Retry-After": RETRY_AFTER_S} if status == 503 else None
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


def install_problem_documents(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
