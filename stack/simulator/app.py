"""Owns the composition: a market, a fault switch and the routes in front of them."""

from fastapi import FastAPI

from stack.simulator.faults import FaultSwitch
from stack.simulator.market import Clock, Market
from stack.simulator.routes import control_routes, marketplace_routes


def create_app(*, token: str, instance_id: str, seed: int, clock: Clock) -> FastAPI:
    """An app that answers at once: the history up to `clock()` is drawn here."""
    switch = FaultSwitch()
    app = FastAPI(title="Marketplace simulator", openapi_url=None)
    app.include_router(marketplace_routes(Market(seed=seed, clock=clock), switch, token=token))
    app.include_router(control_routes(switch, instance_id=instance_id))
    return app
