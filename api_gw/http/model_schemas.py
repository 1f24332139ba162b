"""What people are told of models, and what they send to move one."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api_gw.http.schemas import Frozen

StageName = Literal["staging", "shadow", "canary", "production", "retired", "rejected"]


class Model(Frozen):
    """A trained version and where in its life it is."""

    model_version: str = Field(description="names the version for ever")
    family: str = Field(
        description="`tft`, a sequence; `classifier`; `baseline`, a contest of simple ones"
    )
    stage: StageName = Field(
        description="staging: registered; shadow: heard every night, nobody is told; canary: told"
        " of some cards; production: told; retired, rejected: silent"
    )
    canary_percent: int | None = Field(description="of a hundred cards, a count; canary only")
    since: datetime = Field(description="when it entered the stage, UTC")
    speaks: bool = Field(description="whether anybody is told what it says of the newest night")
    trained_through: datetime = Field(description="it learned nothing after this moment, UTC")
    feature_version: str = Field(description="version of the features it reads")
    nights_heard: int = Field(description="nights whose forecasts by it are stored, a count")
    verdict: str = Field(description="how it was judged out of fold, with the numbers")


class Models(Frozen):
    """Every trained version, by family, the newest first."""

    models: list[Model] = Field(description="trained versions")


class StageChange(Frozen):
    """One decision about a version."""

    stage: StageName = Field(description="the stage it entered")
    canary_percent: int | None = Field(description="of a hundred cards, a count; canary only")
    at: datetime = Field(description="when, UTC")
    actor: str = Field(description="who decided")
    reason: str = Field(description="why")


class ModelPage(Model):
    """A version with its history, its numbers, and where its files lie."""

    history: list[StageChange] = Field(description="every decision, the oldest first")
    metrics: dict[str, Any] = Field(description="how it was judged out of fold")
    artifact_key: str = Field(description="object in the bucket of models")
    sha256: str = Field(description="checksum of that object")
    card_html: str = Field(description="model card with plots, in the same bucket")
    card_markdown: str = Field(description="the same as Markdown")


class HorizonApart(Frozen):
    """How far two versions were apart at a horizon."""

    horizon_days: int = Field(description="how far they look, days")
    nights: int = Field(description="nights that both are stored of, the newest, a count")
    rows: int = Field(description="forecasts compared, a count")
    first_night: date = Field(description="oldest of those nights, ISO date")
    last_night: date = Field(description="newest of those nights, ISO date")
    mean_apart: float = Field(
        description="mean distance of their medians, a fraction (log return); of classifiers, of"
        " P(BUY) - P(SELL)"
    )
    same_side: float = Field(description="share on the same side of zero, 0 to 1")


class SharedFigure(Frozen):
    """A number that both versions have."""

    name: str = Field(description="where it stands in `metrics`")
    one: float = Field(description="of the first, in the unit of `metrics`")
    other: float = Field(description="of the second, in the unit of `metrics`")


class Comparison(Frozen):
    """Two versions side by side."""

    one: Model = Field(description="the first")
    other: Model = Field(description="the second")
    figures: list[SharedFigure] = Field(description="numbers that both have")
    apart: list[HorizonApart] = Field(description="what they said of the same nights, by horizon")


class StageRequest(BaseModel):
    """Where a version is to go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Literal["shadow", "canary", "production", "retired"] | None = Field(
        None, description="none: the next stage; `retired` rolls back"
    )
    percent: int | None = Field(
        None, ge=1, le=99, description="of the cards, a count of a hundred; for a canary"
    )
    actor: str = Field(min_length=1, max_length=100, description="who asks")
    reason: str = Field("asked for", min_length=1, max_length=500, description="why")


class StageProgress(Frozen):
    """How far a change is."""

    run_id: str = Field(description="names the run; derived from the request")
    state: str = Field(description="queued, running, success or failed")
    outcome: dict[str, Any] = Field(description="what came of it; empty until it is done")
    refused: str | None = Field(description="why nothing came of it")
