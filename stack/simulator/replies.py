"""Owns the marketplace's error replies: an `errors` list as its real API sends it."""

from fastapi.responses import JSONResponse

from stack.simulator.search import QueryRefused

DOMAIN = "API_MARKETPLACE_INSIGHTS"


def refused_query(refusal: QueryRefused) -> JSONResponse:
    error = {
        "errorId": 12002,
        "domain": DOMAIN,
        "category": "REQUEST",
        "message": f"The '{refusal.parameter}' value is invalid.",
        "longMessage": refusal.advice,
        "parameters": [{"name": refusal.parameter, "value": refusal.value}],
    }
    return JSONResponse({"errors": [error]}, status_code=400)


def refused_token() -> JSONResponse:
    error = {
        "errorId": 1001,
        "domain": "OAuth",
        "category": "REQUEST",
        "message": "Invalid access token",
        "longMessage": "Send the header 'Authorization: Bearer <token>' with a valid token.",
    }
    return JSONResponse(
        {"errors": [error]}, status_code=401, headers={"WWW-Authenticate": "Bearer"}
    )


def unknown_item(item: str) -> JSONResponse:
    error = {
        "errorId": 11001,
        "domain": DOMAIN,
        "category": "REQUEST",
        "message": f"The specified item Id '{item}' was not found.",
    }
    return JSONResponse({"errors": [error]}, status_code=404)


def injected_fault(status: int, retry_after_s: int | None) -> JSONResponse:
    error = {
        "errorId": 2001 if status == 429 else 12000,
        "domain": DOMAIN,
        "category": "REQUEST" if status < 500 else "APPLICATION",
        "message": "Too many requests."
        if status == 429
        else "There was a problem with the system.",
        "longMessage": f"Injected by POST /_faults: this call answers {status} on purpose.",
    }
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return JSONResponse({"errors": [error]}, status_code=status, headers=headers)
