"""POST /admin/backfills and its progress: for data engineers, who hold the installation's token."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api_gw.domain.backfills import Asked
from api_gw.http.admin_schemas import BackfillAsked, BackfillProgress, BackfillRequest
from api_gw.http.deps import Given
from api_gw.usecases.backfills import ask_for_backfill, backfill_progress
from kernel.errors import Forbidden, Unauthenticated

bearer = HTTPBearer(auto_error=False, description="the token of PRICER_ADMIN_TOKEN")


async def data_engineer(
    services: Given, said: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Let those through who hold the token. Raises Unauthenticated, Forbidden."""
    if services.admin_token is None:
        raise Forbidden("nobody may do this here: PRICER_ADMIN_TOKEN is not set")
    if said is None:
        raise Unauthenticated("send Authorization: Bearer <token>, the one of PRICER_ADMIN_TOKEN")
    wanted = services.admin_token.get_secret_value().encode()
    if not hmac.compare_digest(said.credentials.encode(), wanted):
        raise Unauthenticated("this is not the token of PRICER_ADMIN_TOKEN")


router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(data_engineer)])


@router.post("/backfills", status_code=202)
async def post_backfill(
    services: Given, request: BackfillRequest, response: Response
) -> BackfillAsked:
    """Start a backfill. The same request is one run: asked again, it tells of that run.

    A run that failed is started again and goes on where it stood.
    """
    response.headers["Cache-Control"] = "no-store"
    asked = await ask_for_backfill(request.wish(), dag_runs=services.dag_runs)
    response.headers["Location"] = f"/admin/backfills/{asked.run_id}"
    return answer_of(asked)


@router.get("/backfills/{run_id}")
async def get_backfill(
    services: Given,
    response: Response,
    run_id: Annotated[str, Path(max_length=100, description="as POST /admin/backfills told it")],
) -> BackfillProgress:
    """How far a backfill is; of a dry run the days and rows it would be."""
    response.headers["Cache-Control"] = "no-store"
    progress = await backfill_progress(run_id, dag_runs=services.dag_runs)
    return BackfillProgress.model_validate(progress)


def answer_of(asked: Asked) -> BackfillAsked:
    """The response model of a run that was asked for."""
    return BackfillAsked.model_validate(asked)
