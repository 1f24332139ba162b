"""Serves moto as an AWS on loopback: Step Functions that run, plus /_local/healthz and /inbox.

All its state is in memory: whoever starts it creates topics, queues and secrets again.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import click
from cheroot.wsgi import Server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.ses.models import ses_backends

from stack.moto_mending import mend
from stack.ports import LOOPBACK

# A Map of 40 waiting shards holds long polls open; measured: 64 threads never queue there.
THREADS = 64
BACKLOG = 256

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def inbox() -> list[dict[str, object]]:
    """Every mail sent so far; nothing leaves the machine."""
    sent = [
        message
        for account in ses_backends.values()
        for backend in account.values()
        for message in backend.sent_messages
    ]
    return [vars(message) for message in sent]


def with_local_pages(aws: WsgiApp, *, instance_id: str) -> WsgiApp:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/_local/healthz":
            answer: object = {"instance": instance_id}
        elif path == "/_local/inbox":
            answer = inbox()
        else:
            return aws(environ, start)
        start("200 OK", [("content-type", "application/json")])
        return [json.dumps(answer, default=str).encode()]

    return application


@click.command(help=__doc__)
@click.option("--port", type=int, required=True)
def serve(port: int) -> None:
    os.environ["MOTO_PORT"] = str(port)  # the interpreter of state machines calls back here
    mend()
    aws: WsgiApp = DomainDispatcherApplication(create_backend_app)
    application = with_local_pages(aws, instance_id=os.environ["PRICER_INSTANCE_ID"])
    server = Server((LOOPBACK, port), application, numthreads=THREADS, request_queue_size=BACKLOG)
    server.start()


if __name__ == "__main__":
    serve()
