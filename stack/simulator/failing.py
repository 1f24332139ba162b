"""Owns how a fault reaches a caller: between the server and every API of the simulator."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response

from stack.simulator.faults import Fault, FaultSwitch
from stack.simulator.replies import injected_fault

# What the stack and people look at, and no source asks.
SPARED = ("/healthz", "/_faults", "/itm/")
LOOK_EVERY_S = 0.1
ENDLESS = "endless"  # in the state of a request whose list is not to end

Answer = Callable[[Request], Awaitable[Response]]


def fail_on_demand(app: FastAPI, switch: FaultSwitch) -> None:
    """Lets the faults of `switch` hit every call but the spared ones."""

    @app.middleware("http")
    async def hit(request: Request, answer: Answer) -> Response:
        spared = request.url.path.startswith(SPARED)
        fault = None if spared else switch.spend(request.url.path)
        if fault is None:
            return await answer(request)
        if fault.kind == "status":
            return injected_fault(fault.status, fault.retry_after_s)
        return await _late_or_odd(request, answer, fault)


def is_endless(request: Request) -> bool:
    """Whether this call's list must always say that there is more."""
    return bool(getattr(request.state, ENDLESS, False))


async def _late_or_odd(request: Request, answer: Answer, fault: Fault) -> Response:
    if fault.kind == "timeout":
        await _wait(request, fault.delay_s)
        return await answer(request)
    if fault.kind == "endless":
        setattr(request.state, ENDLESS, True)
        return await answer(request)
    whole = await answer(request)
    body = b"".join([part async for part in whole.body_iterator])  # type: ignore[attr-defined]
    return Response(body[: len(body) // 2], whole.status_code, media_type="application/json")


async def _wait(request: Request, seconds: float) -> None:
    """Until the time is over or the caller has gone, so that no stop waits for it."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not await request.is_disconnected():
        await asyncio.sleep(LOOK_EVERY_S)
