"""GET /metrics: how models fare, for Prometheus, as the nightly job stored it."""

from fastapi import APIRouter, Response

from api_gw.domain.metrics import CONTENT_TYPE, exposition
from api_gw.http.deps import Given

router = APIRouter(tags=["health"])


@router.get("/metrics", include_in_schema=False)
async def get_metrics(services: Given) -> Response:
    """Text, not JSON, so it is no part of the described API."""
    body = exposition(await services.measures.newest())
    return Response(body, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
