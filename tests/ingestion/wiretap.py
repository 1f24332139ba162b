"""Lines between a job and its servers that hear what is said, and act at a chosen moment of it.

What is heard is numbered over all lines: statements to PostgreSQL, requests to S3, commands to
Valkey. The same work says the same things in the same order: a moment is a number and not a time.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Pieces = Iterator[bytes]
# Pieces of what a client says, each with what it asks for, if it completes a request.
Split = Callable[[Pieces], Iterator[tuple[bytes, str | None]]]

NOT_YET_TYPED = (80877103, 80877104)  # requests for TLS and for GSS encryption, before the start-up
AT_ONCE = 1 << 16


@dataclass
class Ear:
    """What was said of one job, and what to do at its n-th word.

    `before`: that word never reaches the server. `after`: it is done, and the job never hears so.
    `at`: it goes on to the server once that was done.
    """

    at: int | None = None
    when: Literal["before", "at", "after"] = "before"
    said: list[str] = field(default_factory=list)
    acted: bool = False
    _act: Callable[[], None] = lambda: None
    _armed: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, word: str) -> bool:
        """Whether this was the word."""
        with self._lock:
            self.said.append(word)
            return len(self.said) - 1 == self.at

    def arm(self, act: Callable[[], None]) -> None:
        """What to do when the moment comes; until it is known, the moment waits."""
        self._act = act
        self._armed.set()

    def do(self) -> None:
        """Act, once."""
        self._armed.wait()
        with self._lock:
            if not self.acted:
                self.acted = True
                self._act()


class Line:
    """A port of ours that leads to a server's port."""

    def __init__(self, name: str, *, port: int, to: int, split: Split) -> None:
        self._name, self._to, self._split = name, to, split
        self.ear = Ear()
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more calls."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                client.close()  # a server that is away
                continue
            call = _Call(self._name, client, server, self.ear)
            for run in (lambda c=call: c.say(self._split), call.answer):
                threading.Thread(target=run, daemon=True).start()


@dataclass
class _Call:
    name: str
    client: socket.socket
    server: socket.socket
    ear: Ear
    waits_for_answer: bool = False

    def say(self, split: Split) -> None:
        with suppress(OSError):
            for piece, word in split(_pieces(self.client)):
                if word is not None and self.ear.heard(f"{self.name}: {word}"):
                    if self.ear.when == "after":
                        self.waits_for_answer = True
                    else:
                        self.ear.do()
                    if self.ear.when == "before":
                        break
                self.server.sendall(piece)
        self._hang_up()

    def answer(self) -> None:
        with suppress(OSError):
            for piece in _pieces(self.server):
                if self.waits_for_answer:
                    self.ear.do()
                    break
                self.client.sendall(piece)
        self._hang_up()

    def _hang_up(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _pieces(end: socket.socket) -> Pieces:
    while piece := end.recv(AT_ONCE):
        yield piece


def statements(pieces: Pieces) -> Iterator[tuple[bytes, str | None]]:
    """PostgreSQL's messages: a query, an execution of a parsed one, the end of a COPY."""
    begun, left, parsed = False, b"", ""
    for piece in pieces:
        left += piece
        while True:
            typed = 1 if begun else 0  # the first messages have no letter in front
            size = typed + int.from_bytes(left[typed : typed + 4])
            if len(left) < typed + 4 or len(left) < size:
                break
            message, left = left[:size], left[size:]
            if not begun:
                begun = int.from_bytes(message[4:8]) not in NOT_YET_TYPED
                yield message, None
                continue
            kind, body = message[:1], message[5:]
            if kind == b"P":
                parsed = body.split(b"\0")[1].decode()
            asked = {b"Q": body[:-1].decode(errors="replace"), b"E": parsed, b"c": "copy done"}
            yield message, asked.get(kind)


def requests(pieces: Pieces) -> Iterator[tuple[bytes, str | None]]:
    """HTTP requests of a known length: method and path with the head, bodies as they come."""
    left, body = b"", 0
    for piece in pieces:
        left += piece
        while left:
            if body:
                part, left = left[:body], left[body:]
                body -= len(part)
                yield part, None
                continue
            head, end, rest = left.partition(b"\r\n\r\n")
            if not end:
                break
            lines = head.decode().split("\r\n")
            named = (line.split(":", 1) for line in lines[1:])
            body = sum(int(value) for name, value in named if name.lower() == "content-length")
            left = rest
            yield head + end, " ".join(lines[0].split(" ")[:2])


def commands(pieces: Pieces) -> Iterator[tuple[bytes, str | None]]:
    """Valkey's commands; a client of ours sends each whole."""
    for piece in pieces:
        yield piece, piece.split(b"\r\n")[2].decode()
