"""What data engineers send and are told: wishes for backfills, and how far they are."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api_gw.domain.backfills import Backfill
from api_gw.http.schemas import Frozen

MOST_DAYS = 3660

SourceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
InstrumentName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.!?_~\-]{1,80}:[a-z0-9.\-]{1,24}$")
]


class BackfillRequest(BaseModel):
    """Which days of which sources and instruments are to be done again."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    sources: tuple[SourceName, ...] = Field(
        (), max_length=20, description="sources to ask or replay; none: only bars are built again"
    )
    instruments: tuple[InstrumentName, ...] = Field(
        (),
        max_length=5000,
        description="card:grade whose bars are built again, e.g. `base1-4:psa9`",
    )
    first: date = Field(alias="from", description="first UTC day, ISO date")
    last: date = Field(alias="to", description="last UTC day, ISO date")
    mode: Literal["missing", "failed", "all"] = Field(
        "missing", description="days never loaded, days whose load did not end well, or every day"
    )
    refetch: bool = Field(False, description="ask the source again for what the lake holds")
    dry_run: bool = Field(
        False, description="only say days, rows stored, and an estimate of the missing ones"
    )
    reference: str | None = Field(
        None,
        max_length=100,
        description="why; the same request under another reference is another run",
    )

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        """Refuse what no run could do anything with."""
        if not self.sources and not self.instruments:
            raise ValueError("name sources, instruments, or both")
        if self.first > self.last:
            raise ValueError("`from` is after `to`")
        if (self.last - self.first).days >= MOST_DAYS:
            raise ValueError(f"at most {MOST_DAYS} days at a time")
        return self

    def wish(self) -> Backfill:
        """The value of the domain."""
        return Backfill(
            sources=self.sources,
            instruments=self.instruments,
            first=self.first,
            last=self.last,
            mode=self.mode,
            refetch=self.refetch,
            dry_run=self.dry_run,
            reference=self.reference,
        )


class BackfillAsked(Frozen):
    """The run that does a backfill."""

    run_id: str = Field(description="names the run; derived from the request")
    state: str = Field(description="queued, running, success or failed")
    new: bool = Field(description="whether this request started the run, or started it again")


class BackfillProgress(Frozen):
    """How far a backfill is."""

    run_id: str = Field(description="names the run")
    state: str = Field(description="queued, running, success or failed")
    plan: dict[str, Any] = Field(
        description="days, runs to fetch and to replay, `rows_stored` of these days, an estimate of"
        " the missing ones (`missing_days`, `missing_rows_estimated` = days times the source's"
        " `median_night_rows`, `missing_days_not_estimated` of sources without a night), and"
        " instrument days; empty at first"
    )
    outcome: dict[str, Any] = Field(
        description="runs done and rows added; empty until it is done, and of a dry run"
    )
