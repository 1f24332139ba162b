"""A made API on a real port, and the door to it, for the tests of sources."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from ingestion.adapters.sources.edge import Clock, Edge
from ingestion.adapters.sources.limits import Rate
from tests.ingestion.served import served

Answer = Callable[[str, dict[str, str], Any], Any]


@dataclass
class Api:
    """Answers by path, parameters and body; keeps what it was asked."""

    url: str = ""
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answer: Answer = lambda path, params, body: None

    def edge(self, source: str = "made") -> Edge:
        return Edge(
            source=source,
            base_url=lambda: self.url,
            rate=Rate(source, 60_000_000),
            deadline_s=60,
            clock=Clock(sleep=lambda _: None),
        )

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@contextmanager
def made_api(port: int) -> Iterator[Api]:
    """An API that answers None (404) until a test says otherwise."""
    api, app = Api(), FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def anything(request: Request, path: str) -> Response:
        is_json = request.headers.get("Content-Type") == "application/json"
        body = await request.json() if is_json else None
        api.asked.append((f"/{path}", dict(request.query_params), body))
        told = api.answer(*api.asked[-1])
        if isinstance(told, Response):
            return told
        return JSONResponse(told, status_code=404 if told is None else 200)

    with served(app, port) as url:
        api.url = url
        yield api
