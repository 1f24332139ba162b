"""Strong entity tags made from the content, and 304 for who has it already. ASGI middleware."""

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What a 304 repeats of the answer it stands for (RFC 9110, 15.4.5).
REPEATED = frozenset({b"cache-control", b"content-location", b"date", b"expires", b"vary"})


class EntityTags:
    """Tags every good answer to a GET and answers 304 when the caller's tag is the same."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        answer = TaggedAnswer(send, asked_with=Headers(scope=scope).get("if-none-match", ""))
        await self._app(scope, receive, answer)


class TaggedAnswer:
    """Holds an answer back until its body is complete, then tags and sends it."""

    def __init__(self, send: Send, *, asked_with: str) -> None:
        self._send = send
        self._asked_with = asked_with
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._finish(self._start, b"".join(self._body))
        else:
            await self._send(message)

    async def _finish(self, start: Message, body: bytes) -> None:
        tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
        MutableHeaders(raw=start["headers"])["ETag"] = tag
        if is_same(tag, self._asked_with):
            kept = [pair for pair in start["headers"] if pair[0].lower() in REPEATED | {b"etag"}]
            start, body = {**start, "status": 304, "headers": kept}, b""
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def is_same(tag: str, asked_with: str) -> bool:
    """Whether an If-None-Match header names the tag; a weak mark does not matter for a GET."""
    named = {one.strip().removeprefix("W/") for one in asked_with.split(",")}
    return tag in named or "*" in named
