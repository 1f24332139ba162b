"""GET /sets/{set_id}/signal/explain: what moved the forecasts of a set's cards, by liquidity."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from api_gw.http.cards import SIGNAL_KEPT_S, Horizon
from api_gw.http.cohort_schemas import Cohort, CohortsOfSet
from api_gw.http.deps import AsOf, Given, Kept
from api_gw.usecases.cohorts import cohorts_of_set

router = APIRouter(prefix="/sets/{set_id}", tags=["cards"])

SetId = Annotated[str, Path(max_length=80, description="set, e.g. `base1`", examples=["base1"])]


@router.get("/signal/explain", dependencies=[Depends(Kept(SIGNAL_KEPT_S))])
async def get_cohorts(
    services: Given, set_id: SetId, horizon: Horizon = None, as_of: AsOf = None
) -> CohortsOfSet:
    """What moved the forecasts of a set's cards together, by how often they sell."""
    found = await cohorts_of_set(
        set_id,
        horizon=horizon or services.default_horizon,
        as_of=as_of,
        cohorts=services.cohorts,
    )
    return CohortsOfSet(
        set_id=found.set_id,
        horizon_days=found.horizon_days,
        asof_ts=found.asof_ts,
        cohorts=[Cohort.model_validate({**vars(one), **one.body}) for one in found.cohorts],
    )
