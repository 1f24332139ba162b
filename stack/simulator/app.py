"""Owns the composition: a market, a fault switch and the routes in front of them."""

from fastapi import FastAPI

from stack.simulator.facts import population_routes, trend_routes
from stack.simulator.failing import fail_on_demand
from stack.simulator.faults import FaultSwitch
from stack.simulator.market import Clock, Market
from stack.simulator.pokemontcg import catalog_routes
from stack.simulator.posts import reddit_routes, x_routes
from stack.simulator.routes import control_routes, marketplace_routes
from stack.simulator.settings import CARDS, Dirt, Faults, MarketSettings
from stack.simulator.tcgplayer import shop_routes


def create_app(
    *,
    token: str,
    instance_id: str,
    seed: int,
    clock: Clock,
    cards: int = CARDS,
    dirt: Dirt | None = None,
    faults: Faults | None = None,
) -> FastAPI:
    """An app that answers at once: the history up to `clock()` is drawn here.

    Without `dirt` and `faults` it tells every sale once and rightly and answers every call; the
    command serves the usual amounts of both.
    """
    settings = MarketSettings(
        seed=seed,
        cards=cards,
        dirt=Dirt.none() if dirt is None else dirt,
        faults=Faults.none() if faults is None else faults,
    )
    switch = FaultSwitch(settings.faults, seed=seed)
    market = Market(settings, clock=clock)
    app = FastAPI(title="Marketplace simulator", openapi_url=None)
    fail_on_demand(app, switch)
    app.include_router(marketplace_routes(market, token=token))
    app.include_router(shop_routes(market, settings, token=token), prefix="/tcgplayer")
    app.include_router(catalog_routes(market, token=token), prefix="/pokemontcg")
    app.include_router(population_routes(market, token=token), prefix="/psa")
    app.include_router(trend_routes(market), prefix="/trends")
    app.include_router(reddit_routes(market, token=token), prefix="/reddit")
    app.include_router(x_routes(market, token=token), prefix="/x")
    app.include_router(control_routes(switch, instance_id=instance_id))
    return app
