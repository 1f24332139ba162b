"""What was known of a day at two moments, in PostgreSQL: all SQL of the Restatements port."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg

from api_gw.adapters.database import Database
from api_gw.adapters.restatement_causes import CAUSES, CAUSES_OF_A_BAR
from api_gw.domain.restatements import (
    Asked,
    Cause,
    FeatureRow,
    Figures,
    RestatedBar,
    RestatedFeatures,
    RestatedSignal,
    Word,
)
from kernel.days import end_of

_MICROSECOND = timedelta(microseconds=1)

# $1 day, $2 and $3 the two moments, $4 a card or null, $5 a grade or null.
BARS = """
with early as (
  select * from market.bars_known($2::timestamptz) where day = $1::date
    and ($4::text is null or card_id = $4) and ($5::text is null or grade_code = $5)
), late as (
  select * from market.bars_known($3::timestamptz) where day = $1::date
    and ($4::text is null or card_id = $4) and ($5::text is null or grade_code = $5)
)
select card_id, grade_code, kind, count(*) over () as total,
  e.open_cents as o, e.high_cents as h, e.low_cents as l, e.close_cents as c, e.volume as v,
  n.open_cents as no, n.high_cents as nh, n.low_cents as nl, n.close_cents as nc, n.volume as nv
from early e full join late n using (card_id, grade_code, kind)
where (e.open_cents, e.high_cents, e.low_cents, e.close_cents, e.volume)
  is distinct from (n.open_cents, n.high_cents, n.low_cents, n.close_cents, n.volume)
order by card_id, grade_code, kind limit $6
"""

FEATURES = """
with early as (
  select distinct on (card_id, grade_code) * from signals.features_known($2::timestamptz)
  where day = $1::date
    and ($4::text is null or card_id = $4) and ($5::text is null or grade_code = $5)
  order by card_id, grade_code, computed_at desc
), late as (
  select distinct on (card_id, grade_code) * from signals.features_known($3::timestamptz)
  where day = $1::date
    and ($4::text is null or card_id = $4) and ($5::text is null or grade_code = $5)
  order by card_id, grade_code, computed_at desc
)
select card_id, grade_code, e.feature_version as version, e.fingerprint as print,
  e.computed_at as at, e.raw as raw, n.feature_version as nversion, n.fingerprint as nprint,
  n.computed_at as nat, n.raw as nraw,
  (select count(*) from market.trades t
   where t.card_id = n.card_id and t.grade_code = n.grade_code
     and t.ts < $7::timestamptz and t.known_at <= $7::timestamptz
     and coalesce(t.until, 'infinity') > $7::timestamptz
     and t.loaded_at > e.computed_at and t.loaded_at <= n.computed_at) as late_sales
from early e full join late n using (card_id, grade_code)
where e.fingerprint is distinct from n.fingerprint
order by card_id, grade_code limit $6
"""

WORD = """asof_ts, action, conviction, expected_return, utility, price_cents, model_version,
  feature_version, fingerprint, known_at"""

SIGNALS = f"""
with early as (
  select distinct on (card_id, grade_code, horizon_days) card_id, grade_code, horizon_days,
    row({WORD}) as said, fingerprint
  from signals.signals_known($2) where asof_ts = $1::timestamptz
    and ($4::text is null or card_id = $4) and ($5::text is null or grade_code = $5)
  order by card_id, grade_code, horizon_days, known_at desc, signal_id desc
), late as (
  select distinct on (card_id, grade_code, horizon_days) card_id, grade_code, horizon_days,
    row({WORD}) as said, fingerprint
  from signals.signals_known($3) where asof_ts = $1::timestamptz
    and ($4::text is null or card_id = $4) and ($5::text is null or grade_code = $5)
  order by card_id, grade_code, horizon_days, known_at desc, signal_id desc
)
select card_id, grade_code, horizon_days, e.said as before, n.said as after
from early e full join late n using (card_id, grade_code, horizon_days)
where e.fingerprint is distinct from n.fingerprint
order by card_id, grade_code, horizon_days limit $6
"""  # noqa: S608 (constants only)

# The first night that knew of a restated bar ($1, $2: its instrument, $3: since when), against the
# word that stood before. A word that says the same is not listed.
ANSWERS = f"""
select a.card_id, a.grade_code, a.at, now_said.horizon_days,
  before.said as before, now_said.said as after
from unnest($1::text[], $2::text[], $3::timestamptz[]) a (card_id, grade_code, at)
cross join lateral (
  select min(asof_ts) as night from signals.signals s
  where s.card_id = a.card_id and s.grade_code = a.grade_code and s.asof_ts >= a.at
    and s.known_at <= $4) first
cross join lateral (
  select distinct on (horizon_days) horizon_days, row({WORD}) as said, action, utility
  from signals.signals s
  where s.card_id = a.card_id and s.grade_code = a.grade_code and s.asof_ts = first.night
    and s.known_at <= $4
  order by horizon_days, known_at desc, signal_id desc) now_said
left join lateral (
  select row({WORD}) as said, action, utility from signals.signals s
  where s.card_id = a.card_id and s.grade_code = a.grade_code
    and s.horizon_days = now_said.horizon_days and s.asof_ts < first.night
    and s.known_at < first.night
  order by asof_ts desc, known_at desc, signal_id desc limit 1) before on true
where (now_said.action, now_said.utility) is distinct from (before.action, before.utility)
order by a.card_id, a.grade_code, now_said.horizon_days, a.at limit $5
"""  # noqa: S608 (constants only)


class PostgresRestatements:
    """The Restatements port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bars(self, asked: Asked) -> tuple[Sequence[RestatedBar], int]:
        """Bars of the day that differ between the moments, with their causes, and how many."""
        rows = await self._database.fetch(BARS, asked.day, *asked_of(asked))
        found = [
            RestatedBar(
                *(row["card_id"], row["grade_code"], row["kind"]),
                before=_figures(row, "o", "h", "l", "c", "v"),
                after=_figures(row, "no", "nh", "nl", "nc", "nv"),
            )
            for row in rows
        ]
        if not found:
            return [], 0
        return await self._with_causes(asked, found), rows[0]["total"]

    async def _with_causes(self, asked: Asked, bars: Sequence[RestatedBar]) -> list[RestatedBar]:
        pairs = sorted({(bar.card_id, bar.grade_code) for bar in bars})
        moments = (asked.since, asked.until, end_of(asked.day))
        cards, grades = [card for card, _ in pairs], [grade for _, grade in pairs]
        rows = await self._database.fetch(
            CAUSES, asked.day, *moments, cards, grades, CAUSES_OF_A_BAR
        )
        found: dict[tuple[str, str, str], list[Cause]] = {}
        totals: dict[tuple[str, str, str], int] = {}
        for card, grade, kind, total, *cause in rows:
            found.setdefault((card, grade, kind), []).append(Cause(*cause))
            totals[card, grade, kind] = total
        return [
            replace(
                bar, causes=tuple(found.get(_key(bar), ())), causes_total=totals.get(_key(bar), 0)
            )
            for bar in bars
        ]

    async def features(self, asked: Asked) -> Sequence[RestatedFeatures]:
        """Features of the night that differ between the moments."""
        values = (asked.day, *asked_of(asked), end_of(asked.day))
        return [
            RestatedFeatures(
                *(row["card_id"], row["grade_code"]),
                before=_feature_row(row, "version", "print", "at", "raw"),
                after=_feature_row(row, "nversion", "nprint", "nat", "nraw"),
                late_sales=row["late_sales"],
            )
            for row in await self._database.fetch(FEATURES, *values)
        ]

    async def signals(self, asked: Asked) -> Sequence[RestatedSignal]:
        """Words on the night that differ between the moments."""
        return [
            RestatedSignal(
                *(row["card_id"], row["grade_code"], row["horizon_days"]),
                before=_word(row["before"]),
                after=_word(row["after"]),
            )
            for row in await self._database.fetch(SIGNALS, end_of(asked.day), *asked_of(asked))
        ]

    async def answers(
        self, bars: Sequence[RestatedBar], *, until: datetime, limit: int
    ) -> Sequence[RestatedSignal]:
        """The first words said after each of these bars was restated, where they say other things.

        Of several causes of a bar each has the night that first knew of it.
        """
        turns = sorted({(b.card_id, b.grade_code, c.known_at) for b in bars for c in b.causes})
        if not turns:
            return []
        cards, grades, moments = (list(column) for column in zip(*turns, strict=True))
        rows = await self._database.fetch(ANSWERS, cards, grades, moments, until, limit)
        return [
            RestatedSignal(
                *(row["card_id"], row["grade_code"], row["horizon_days"]),
                before=_word(row["before"]),
                after=_word(row["after"]),
                restated_at=row["at"],
            )
            for row in rows
        ]


def asked_of(asked: Asked) -> tuple[object, ...]:
    """The parameters that all questions of a day share, in their order."""
    return (asked.since, asked.until, asked.card_id, asked.grade_code, asked.limit)


def _key(bar: RestatedBar) -> tuple[str, str, str]:
    return (bar.card_id, bar.grade_code, bar.kind)


def _figures(row: asyncpg.Record, *names: str) -> Figures | None:
    return None if row[names[0]] is None else Figures(*(row[name] for name in names))


def _feature_row(row: asyncpg.Record, *names: str) -> FeatureRow | None:
    return None if row[names[0]] is None else FeatureRow(*(row[name] for name in names))


def _word(said: asyncpg.Record | None) -> Word | None:
    if said is None:
        return None
    asof, action, *numbers = said
    floats = [None if number is None else float(number) for number in numbers[:3]]
    # The night of an as-of is the day that ended then.
    night = (asof - _MICROSECOND).date()
    return Word(night, action, *floats, *numbers[3:])  # type: ignore[arg-type] # conviction is set
