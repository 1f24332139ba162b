"""Copies what was known at a moment into another database of the same schema: all SQL of that.

Its conditions are written here once more, apart from those of any reader.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from kernel.errors import Rejected
from signals_svc.ports.stores import Stores

Opened = Callable[[], AbstractContextManager[psycopg.Connection]]


class Part(NamedTuple):
    """A table and which of its rows, as they stood, were known at {moment}."""

    schema: LiteralString
    table: LiteralString
    columns: tuple[LiteralString, ...]
    known: LiteralString


BAR = (
    *("card_id", "grade_code", "day", "kind", "open_cents", "high_cents", "low_cents"),
    *("close_cents", "volume", "known_at"),
)
# Cards and sets carry no knowledge time: the catalog is read as it is now.
PARTS = (
    Part("market", "games", ("game", "name"), "select game, name from market.games"),
    Part(
        "market",
        "sets",
        ("set_id", "game", "name", "release_date"),
        "select set_id, game, name, release_date from market.sets",
    ),
    Part(
        "market",
        "cards",
        ("card_id", "game", "set_id", "name", "number", "edition", "finish", "language"),
        "select card_id, game, set_id, name, number, edition, finish, language from market.cards",
    ),
    # A version that stood is the current one of then, even where a later one took its place.
    Part(
        "market",
        "prices_daily",
        BAR,
        """select card_id, grade_code, day, kind, open_cents, high_cents, low_cents, close_cents,
  volume, known_at from market.prices_daily where not known_at > {moment}
union all
select card_id, grade_code, day, kind, open_cents, high_cents, low_cents, close_cents, volume,
  known_at from market.prices_daily_history
where not known_at > {moment} and superseded_at > {moment}""",
    ),
    Part(
        "market",
        "prices_daily_history",
        (*BAR, "superseded_at", "reason"),
        """select card_id, grade_code, day, kind, open_cents, high_cents, low_cents, close_cents,
  volume, known_at, superseded_at, reason from market.prices_daily_history
where not superseded_at > {moment}""",
    ),
    Part(
        "market",
        "population",
        ("card_id", "grade_code", "day", "source", "population", "known_at"),
        "select card_id, grade_code, day, source, population, known_at from market.population"
        " where not known_at > {moment}",
    ),
    Part(
        "market",
        "search_trends",
        (
            *("card_id", "day", "source", "term", "interest", "window_first", "window_last"),
            "known_at",
        ),
        "select card_id, day, source, term, interest, window_first, window_last, known_at"
        " from market.search_trends where not known_at > {moment}",
    ),
    Part(
        "market",
        "sentiment_daily",
        (
            *("card_id", "day", "source", "posts", "positive", "negative", "score", "words"),
            "known_at",
        ),
        "select card_id, day, source, posts, positive, negative, score, words, known_at"
        " from market.sentiment_daily where not known_at > {moment}",
    ),
    # Who speaks of a night is decided by persons, later too (decision 0008); what a version learned
    # may not be from after it.
    Part(
        "signals",
        "models",
        (
            *("model_version", "family", "created_at", "trained_through", "feature_version"),
            *("artifact_key", "sha256", "metrics"),
        ),
        "select model_version, family, created_at, trained_through, feature_version, artifact_key,"
        " sha256, metrics from signals.models where not trained_through > {moment}",
    ),
    Part(
        "signals",
        "promotions",
        ("family", "model_version", "stage", "at", "actor", "reason", "canary_percent"),
        "select p.family, p.model_version, p.stage, p.at, p.actor, p.reason, p.canary_percent"
        " from signals.promotions p join signals.models m using (model_version)"
        " where not m.trained_through > {moment} order by p.promotion_id",
    ),
    Part(
        "signals",
        "signals",
        (
            *("card_id", "grade_code", "horizon_days", "asof_ts", "model_version"),
            *("feature_version", "action", "conviction", "price_cents", "series", "reasons"),
            *("features", "fingerprint", "known_at"),
        ),
        "select card_id, grade_code, horizon_days, asof_ts, model_version, feature_version, action,"
        " conviction, price_cents, series, jsonb_build_array(), jsonb_build_object(),"
        " fingerprint, known_at"
        " from signals.signals where not known_at > {moment} order by signal_id",
    ),
)

MONTHS = """
select market.ensure_month_partitions('prices_daily', coalesce(array_agg(distinct day), '{}'))
from unnest(%s::date[]) day
"""


# There only while a copy is held, so that what a killed proof left behind is known for what it is.
MARK = sql.Identifier("signals", "truncated_copy")
MARKED = "select to_regclass('signals.truncated_copy') is not null"
SEEDED = ("games",)  # a migration writes them, so that an empty database has some


class CopyInUse(Rejected):
    """The copy's database is the store itself, or somebody else's."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the database of the truncated copy {why}, and would be emptied; name another, empty"
            " one in SIGNALS_SVC_SCRATCH_DATABASE_URL"
        )


class TruncatedCopy:
    """Port TruncatedStore. The store is read in transactions that may not write."""

    def __init__(
        self, store: Opened, copy: Opened, stores: Callable[[], AbstractContextManager[Stores]]
    ) -> None:
        self._store, self._copy, self._stores = store, copy, stores

    @property
    def stores(self) -> Callable[[], AbstractContextManager[Stores]]:
        """The same readers on the copy."""
        return self._stores

    def hold(self, moment: datetime) -> int:
        """Copy what was known at the moment, and nothing else; rows copied. Raises CopyInUse."""
        with self._store() as store, self._copy() as copy:
            store.read_only = True
            _empty(store, copy)
            copy.execute(
                sql.SQL("create table {} as select {}::timestamptz as moment").format(
                    MARK, sql.Literal(moment)
                )
            )
            days = store.execute("select distinct day from market.prices_daily").fetchall()
            old = store.execute("select distinct day from market.prices_daily_history").fetchall()
            copy.execute(MONTHS, (sorted({day for (day,) in (*days, *old)}),))
            return sum(_copied(store, copy, part, moment) for part in PARTS)

    def clear(self) -> None:
        """Hold nothing any more. Raises CopyInUse."""
        with self._store() as store, self._copy() as copy:
            _empty(store, copy)


def _identity(connection: psycopg.Connection) -> tuple[object, ...] | None:
    """Which server and which database on it."""
    query = "select system_identifier, current_database() from pg_control_system()"
    return connection.execute(query).fetchone()


def _empty(store: psycopg.Connection, copy: psycopg.Connection) -> None:
    """Every table of the copy, and what refers to them. Raises CopyInUse where it is no copy."""
    if _identity(store) == _identity(copy):
        raise CopyInUse("is the store itself")
    (held,) = copy.execute(MARKED).fetchone() or (False,)
    foreign = None if held else _first_filled(copy)
    if foreign:
        raise CopyInUse(f"has rows of its own in {foreign}")
    for part in PARTS:
        copy.execute(sql.SQL("truncate {} cascade").format(_name(part)))
    copy.execute(sql.SQL("drop table if exists {}").format(MARK))


def _first_filled(copy: psycopg.Connection) -> str | None:
    """A table that somebody wrote to."""
    for part in PARTS:
        query = sql.SQL("select exists (select from {})").format(_name(part))
        (filled,) = copy.execute(query).fetchone() or (False,)
        if filled and part.table not in SEEDED:
            return f"{part.schema}.{part.table}"
    return None


def _name(part: Part) -> sql.Identifier:
    return sql.Identifier(part.schema, part.table)


def _copied(
    store: psycopg.Connection, copy: psycopg.Connection, part: Part, moment: datetime
) -> int:
    known = sql.SQL(part.known).format(moment=sql.Literal(moment))
    query = sql.SQL("copy ({}) to stdout").format(known)
    columns = sql.SQL(", ").join(map(sql.Identifier, part.columns))
    into = sql.SQL("copy {} ({}) from stdin").format(_name(part), columns)
    with store.cursor() as reading, copy.cursor() as writing:
        with reading.copy(query) as rows, writing.copy(into) as told:
            for piece in rows:
                told.write(piece)
        return writing.rowcount
