"""The queue of changed closes, for whoever runs an event loop."""

import asyncio
from collections.abc import Sequence

from api_gw.ports import CloseMessage
from kernel.bus import Message, Queue

WAIT_S = 1  # what was just published may be a moment on its way


class SqsCloseChanges:
    """Port CloseChanges."""

    def __init__(self, url: str) -> None:
        self._queue = Queue(url)

    async def take(self) -> Sequence[Message]:
        """Up to ten messages; none if none came for a second. Raises Unavailable."""
        return await asyncio.to_thread(self._queue.take, wait_s=WAIT_S)

    async def delete(self, message: CloseMessage) -> None:
        """Say that a message is done with. Raises Unavailable."""
        await asyncio.to_thread(self._queue.delete, message.handle)
