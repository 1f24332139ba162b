"""What the use cases need from outside. Every call may raise kernel.errors.Unavailable."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from api_gw.domain.bars import BarsByKind, LatestBars, Move
from api_gw.domain.cards import CardDetails, Found
from api_gw.domain.cohorts import CohortsOfSet
from api_gw.domain.divergence import Divergent
from api_gw.domain.explanations import Band
from api_gw.domain.metrics import MeasuredNight
from api_gw.domain.models import HorizonApart, Model, ModelPage
from api_gw.domain.quality import Certainty, Divergence, SourceQuality
from api_gw.domain.query import Query
from api_gw.domain.receipts import Receipt
from api_gw.domain.restatements import Asked, RestatedBar, RestatedFeatures, RestatedSignal
from api_gw.domain.signals import Signal
from api_gw.domain.track_record import Group
from kernel.ids import Instrument


class CardSearch(Protocol):
    """Finds cards by what a collector types."""

    async def find(self, query: Query, *, set_id: str | None, offset: int, limit: int) -> Found:
        """A page of cards, best first; all cards of the set, or all, for an empty query."""
        ...

    async def set_named(self, said: str) -> str | None:
        """The id of the set whose id or name this is, however it is spelled; None for none."""
        ...

    async def sets_like(self, said: str) -> list[str]:
        """Ids of the sets most similar to what was said, nearest first."""
        ...

    async def index(self, changed: Sequence[Instrument]) -> int:
        """Show the closes these instruments have now; how many entries that changed."""
        ...


class CloseMessage(Protocol):
    """One message; `said` is None where its text is no JSON object."""

    @property
    def handle(self) -> str:
        """Names it for the queue, until its timeout."""
        ...

    @property
    def said(self) -> Mapping[str, Any] | None:
        """What it tells."""
        ...


class CloseChanges(Protocol):
    """Messages that tell of changed closes; one that is not deleted comes again."""

    async def take(self) -> Sequence[CloseMessage]:
        """Some messages; none when there are none now."""
        ...

    async def delete(self, message: CloseMessage) -> None:
        """Say that a message is done with."""
        ...


class Cards(Protocol):
    """The catalog."""

    async def card(self, card_id: str) -> CardDetails | None:
        """One card, or None."""
        ...

    async def is_grade(self, grade_code: str) -> bool:
        """Whether the grade exists at all."""
        ...


class Prices(Protocol):
    """Daily bars as they were known at a moment."""

    async def bars(self, card_id: str, grade_code: str, *, as_of: datetime) -> BarsByKind:
        """All bars of an instrument known by then, by kind, in order of days."""
        ...

    async def newest_day(self, *, as_of: datetime) -> date | None:
        """The newest day that any instrument has a bar of, known by then."""
        ...

    async def latest(
        self, card_id: str, *, as_of: datetime, counted_to: date
    ) -> dict[str, LatestBars]:
        """By grade: the newest bar of each kind, and how many the year to `counted_to` has."""
        ...

    async def latest_of(
        self, cards: Sequence[str], *, as_of: datetime, counted_to: date
    ) -> dict[str, dict[str, LatestBars]]:
        """The same of several cards, by card and grade; nothing of a card without a bar."""
        ...

    async def moves(
        self, *, window: int, limit: int, rising: bool, as_of: datetime, counted_to: date
    ) -> list[Move]:
        """Largest changes of liquid instruments alive on the newest day, largest first.

        Liquid by their bars in the year to `counted_to`; none of those flagged at the moment.
        """
        ...


class Divergences(Protocol):
    """Flags on instruments whose prices cannot all be right."""

    async def of_cards(
        self, cards: Sequence[str], *, as_of: datetime
    ) -> Mapping[Instrument, Divergent]:
        """The instruments of these cards that were flagged at the moment."""
        ...


class Signals(Protocol):
    """Signals as they were known at a moment."""

    async def newest(
        self, card_id: str, grades: Sequence[str] | None, *, as_of: datetime
    ) -> dict[str, tuple[Signal, ...]]:
        """By grade: the newest signal of each horizon. `grades` None means all of the card."""
        ...


class Explanations(Protocol):
    """Why signals are as they are, as it was known at a moment."""

    async def nights(
        self, card_id: str, grade_code: str, *, horizon: int, as_of: datetime
    ) -> Sequence[tuple[Signal, Mapping[str, Any]]]:
        """The newest signal and the one of the night before, with their inputs."""
        ...

    async def fan(
        self, card_id: str, grade_code: str, *, night: datetime, as_of: datetime
    ) -> Sequence[Band]:
        """The forecasts behind the signals of a night, by horizon."""
        ...

    async def told(
        self, card_id: str, grade_code: str, *, horizon: int, night: datetime, as_of: datetime
    ) -> Mapping[str, Any]:
        """What the night told of why; empty where it told nothing."""
        ...


class Receipts(Protocol):
    """What signals rest on."""

    async def newest(
        self, card_id: str, grade_code: str, *, horizon: int, as_of: datetime
    ) -> Receipt | None:
        """Of the newest signal known at the moment; None if there is none."""
        ...


class TrackRecords(Protocol):
    """What came of the signals of a horizon, so many days after, as it was known at a moment.

    By origin: False of those that were heard, True of those that nobody heard.
    """

    async def outcomes(
        self, *, horizon: int, after: int, as_of: datetime, since: datetime
    ) -> Mapping[bool, dict[str, int]]:
        """How many signals came to what, of nights after `since`."""
        ...

    async def groups(
        self, *, horizon: int, after: int, as_of: datetime, since: datetime
    ) -> Mapping[bool, Sequence[Group]]:
        """Groups of scored signals, of nights after `since`."""
        ...


class Cache(Protocol):
    """A fast store that may forget or be away: a failed read is a miss, a failed write is nothing.

    It never raises.
    """

    async def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of the keys, None for each that is absent or cannot be read now."""
        ...

    async def put_absent(self, key: str, value: bytes, *, ttl_s: int) -> None:
        """Keep a value unless another one is there already."""
        ...

    async def forget(self, key: str) -> None:
        """Remove a value that turned out to be broken."""
        ...

    async def answers(self) -> bool | None:
        """Whether the store is there now; None where none is set up."""
        ...


class Restatements(Protocol):
    """What was known of a day at two moments."""

    async def bars(self, asked: Asked) -> tuple[Sequence[RestatedBar], int]:
        """Bars of the day that differ between the moments, with their causes, and how many."""
        ...

    async def features(self, asked: Asked) -> Sequence[RestatedFeatures]:
        """Features of the night that differ between the moments."""
        ...

    async def signals(self, asked: Asked) -> Sequence[RestatedSignal]:
        """Words on the night that differ between the moments."""
        ...

    async def answers(
        self, bars: Sequence[RestatedBar], *, until: datetime, limit: int
    ) -> Sequence[RestatedSignal]:
        """The first words said after each of these bars was restated, if they say other things."""
        ...


class DagRuns(Protocol):
    """Runs of DAGs, named by who starts them."""

    async def start(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> str | None:
        """State of the run that was started; None if there is one of this id already."""
        ...

    async def again(self, dag_id: str, run_id: str) -> str:
        """Run what failed of a run once more; the state it has then."""
        ...

    async def state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None if there is none of this id."""
        ...

    async def result(self, dag_id: str, run_id: str, task_id: str) -> Mapping[str, Any]:
        """What a task returned; empty while it has returned nothing."""
        ...

    async def refusal(self, dag_id: str, run_id: str, task_id: str) -> str | None:
        """The last words of a task that failed for good; None where there are none."""
        ...


class Models(Protocol):
    """The registry of models."""

    async def models(self) -> Sequence[Model]:
        """Every version that was trained, by family, the newest first."""
        ...

    async def page(self, version: str) -> ModelPage | None:
        """One version, or None."""
        ...

    async def apart(self, one: str, other: str) -> Sequence[HorizonApart]:
        """By horizon how far two versions were apart on the newest nights that both spoke of."""
        ...


class Cohorts(Protocol):
    """Explanations of groups of cards."""

    async def newest(self, set_id: str, *, horizon: int, as_of: datetime) -> CohortsOfSet | None:
        """Of the newest night known at the moment; None where none told of the set."""
        ...

    async def is_set(self, set_id: str) -> bool:
        """Whether the catalog has it."""
        ...


class Measures(Protocol):
    """Figures of how models fare."""

    async def newest(self) -> MeasuredNight | None:
        """Of the newest night that was measured; None before the first."""
        ...


class DataQuality(Protocol):
    """How good the data was at a moment; `card_id` and `grade_code` None mean any."""

    async def sources(self, day: date, *, as_of: datetime) -> Sequence[SourceQuality]:
        """Every source that was tried by then, over the window that ends with the day."""
        ...

    async def divergences(
        self, *, as_of: datetime, card_id: str | None, grade_code: str | None, limit: int
    ) -> tuple[Sequence[Divergence], int]:
        """Flagged instruments at the moment, the widest apart first, and how many."""
        ...

    async def confidence(
        self,
        day: date,
        *,
        as_of: datetime,
        card_id: str | None,
        grade_code: str | None,
        limit: int,
    ) -> Certainty:
        """Prices over the ninety days to the day, the least certain first."""
        ...
