"""What the internal routes are given, and who may ask them."""

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from kernel.errors import Forbidden, Unauthenticated
from kernel.ids import Instrument
from signals_svc.http.turns import Turns
from signals_svc.usecases.infer_now import SaidNow


@dataclass(frozen=True)
class Serving:
    """What is behind the routes; app.py fills it."""

    infer: Callable[[Collection[Instrument], datetime], SaidNow]
    clock: Callable[[], datetime]
    turns: Turns
    instance_id: str
    admin_token: SecretStr | None


def serving_of(request: Request) -> Serving:
    """What the composition root put beside the application."""
    found: Serving = request.app.state.serving
    return found


Given = Annotated[Serving, Depends(serving_of)]
bearer = HTTPBearer(auto_error=False, description="the token of PRICER_ADMIN_TOKEN")


def insider(
    serving: Given, said: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Let those through who hold the token. Raises Unauthenticated, Forbidden."""
    if serving.admin_token is None:
        raise Forbidden("nobody may do this here: PRICER_ADMIN_TOKEN is not set")
    if said is None:
        raise Unauthenticated("send Authorization: Bearer <token>, the one of PRICER_ADMIN_TOKEN")
    wanted = serving.admin_token.get_secret_value().encode()
    if not hmac.compare_digest(said.credentials.encode(), wanted):
        raise Unauthenticated("this is not the token of PRICER_ADMIN_TOKEN")
