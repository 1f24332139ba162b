"""Whether the process runs, and whether what it needs answers."""

from fastapi import APIRouter, Response

from api_gw.http.deps import Given
from api_gw.http.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz(services: Given, response: Response) -> Health:
    """The process answers; nothing else is asked."""
    response.headers["Cache-Control"] = "no-store"
    return Health(status="ok", instance=services.instance_id)


@router.get("/readyz")
async def readyz(services: Given, response: Response) -> Readiness:
    """The database answers, else 503; says as well whether the cache does."""
    response.headers["Cache-Control"] = "no-store"
    await services.database.check()
    answers = await services.cache.answers()
    return Readiness(
        status="ready", cache="none" if answers is None else "answers" if answers else "away"
    )
