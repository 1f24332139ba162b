"""GET /models, and POST /admin/models/{version}: the registry, and who may speak."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api_gw.domain import models as domain
from api_gw.http.admin import data_engineer
from api_gw.http.deps import Given, Kept
from api_gw.http.model_schemas import (
    Comparison,
    HorizonApart,
    Model,
    ModelPage,
    Models,
    SharedFigure,
    StageChange,
    StageProgress,
    StageRequest,
)
from api_gw.usecases import models as usecases

router = APIRouter(tags=["models"])
administered = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(data_engineer)])
KEPT_S = 5  # a rollback is looked at seconds after it was asked for

VERSION_FORM = r"^[a-z0-9-]{1,80}$"
Version = Annotated[str, Path(pattern=VERSION_FORM, description="version, as GET /models names it")]


@router.get("/models", dependencies=[Depends(Kept(KEPT_S))])
async def get_models(services: Given) -> Models:
    """Every trained version, its stage, and how it was judged."""
    found = await services.models.models()
    return Models(models=[Model.model_validate(one) for one in found])


@router.get("/models/{version}", dependencies=[Depends(Kept(KEPT_S))])
async def get_model(services: Given, version: Version) -> ModelPage:
    """One version with its history and its numbers."""
    page = await usecases.model_page(version, models=services.models)
    html, markdown = page.card_keys
    return ModelPage(
        **Model.model_validate(page.model).model_dump(),
        history=[StageChange.model_validate(one) for one in page.history],
        metrics=dict(page.metrics),
        artifact_key=page.artifact_key,
        sha256=page.sha256,
        card_html=html,
        card_markdown=markdown,
    )


@router.get("/models/{version}/comparison", dependencies=[Depends(Kept(KEPT_S))])
async def get_comparison(
    services: Given,
    version: Version,
    other: Annotated[
        str,
        Query(
            alias="with", pattern=r"^[a-z0-9-]{1,80}$", description="the version to compare with"
        ),
    ],
) -> Comparison:
    """Two versions side by side: their numbers, and what they said of the same nights."""
    found = await usecases.compare(version, other, models=services.models)
    return Comparison(
        one=Model.model_validate(found.one),
        other=Model.model_validate(found.other),
        figures=[
            SharedFigure(name=name, one=one, other=other)
            for name, (one, other) in found.figures.items()
        ],
        apart=[HorizonApart.model_validate(one) for one in found.apart],
    )


@router.post(
    "/admin/models/{version}",
    status_code=202,
    dependencies=[Depends(data_engineer)],
    tags=["admin"],
)
async def post_stage(
    services: Given, version: Version, request: StageRequest, response: Response
) -> StageProgress:
    """Move a version to another stage. The same request is one run."""
    response.headers["Cache-Control"] = "no-store"
    wish = domain.StageWish(model_version=version, **request.model_dump())
    asked = await usecases.ask_for_stage(wish, models=services.models, dag_runs=services.dag_runs)
    response.headers["Location"] = f"/admin/model-runs/{asked.run_id}"
    return StageProgress.model_validate(asked)


@administered.get("/model-runs/{run_id}")
async def get_stage_run(
    services: Given,
    response: Response,
    run_id: Annotated[str, Path(max_length=100, description="as POST /admin/models told it")],
) -> StageProgress:
    """What came of a change of stage."""
    response.headers["Cache-Control"] = "no-store"
    progress = await usecases.stage_progress(run_id, dag_runs=services.dag_runs)
    return StageProgress.model_validate(progress)
