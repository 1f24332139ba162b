"""The batch entry points of the API: `python -m api_gw job <name>`."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict

import click
import structlog

from api_gw.ports import CardSearch, CloseChanges
from api_gw.usecases.index_closes import index_closes
from kernel.cli import Summary, finish

Indexing = AbstractAsyncContextManager[tuple[CloseChanges | None, CardSearch]]


def jobs(indexing: Callable[[], Indexing]) -> click.Group:
    """The job table. Nothing is opened before a job runs."""

    @click.group(help="Batch jobs; the last line of output is a JSON summary.")
    def group() -> None:
        pass

    @group.command("index_closes", help="Changed closes from the queue into the search.")
    def index_closes_job() -> None:
        finish("index_closes", lambda: asyncio.run(index_all(indexing)))

    return group


async def index_all(indexing: Callable[[], Indexing]) -> Summary:
    """Everything the queue has now; where there is no queue, nothing."""
    async with indexing() as (changes, search):
        if changes is None:
            said = "no queue is set up: PRICER_CLOSES_QUEUE_URL"
            structlog.get_logger().warning("closes.not_indexed", detail=said)
            return {"messages": 0, "instruments": 0, "changed": 0, "refused": 0}
        return asdict(await index_closes(changes, search))
