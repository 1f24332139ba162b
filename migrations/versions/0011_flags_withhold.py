"""Flags that withhold: the search keeps the close it had of an instrument that is not believed.

- `market.index_card_closes` leaves a flagged instrument as it is, however its message came.
- A flag is taken back for the day it was raised on or a later one, never for an earlier one.
- `market.rejects_known` names what it counts: a row that is refused again keeps the moment of its
  first refusal, so the newest of these is no last sighting.

Revision: 0011, after 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CLOSED_AFTER = """
alter table market.divergences add constraint divergences_closed_after
  check (closed_as_of >= as_of);
"""

# Computed from the bars as they are: hearing of a change twice, or late, gives the same row.
INDEX_CARD_CLOSES = """
create or replace function market.index_card_closes(cards text[], grades text[]) returns int
language sql security definer set search_path = pg_catalog, market as $$
  with wanted as (
    select distinct w.card_id, w.grade_code
    from unnest(cards, grades) as w (card_id, grade_code)
      join market.cards using (card_id) join market.grades using (grade_code)
    where {believed}
  ), newest as (
    select (select day from market.prices_daily order by day desc limit 1) as day
  ), counted as (
    select distinct on (p.card_id, p.grade_code, p.kind) p.card_id, p.grade_code, p.kind, p.day,
      p.close_cents, count(*) filter (where p.day > newest.day - 365)
        over (partition by p.card_id, p.grade_code, p.kind) as bars_365
    from wanted join market.prices_daily p using (card_id, grade_code) cross join newest
    order by p.card_id, p.grade_code, p.kind, p.day desc
  ), used as (
    select distinct on (card_id, grade_code) card_id, grade_code, kind, day, close_cents
    from counted
    order by card_id, grade_code, case
      when kind = 'trade' and bars_365 >= 12 then 0
      when kind = 'bar' and bars_365 >= 12 then 1
      when kind = 'quote' and bars_365 >= 1 then 2
      when kind = 'trade' then 3 when kind = 'bar' then 4 else 5 end
  ), gone as (
    delete from market.card_closes k using wanted w
    where (k.card_id, k.grade_code) = (w.card_id, w.grade_code)
      and not exists (select from used u where (u.card_id, u.grade_code) = (w.card_id, w.grade_code))
    returning 1
  ), kept as (
    insert into market.card_closes as k (card_id, grade_code, kind, day, close_cents)
    select card_id, grade_code, kind, day, close_cents from used order by card_id, grade_code
    on conflict (card_id, grade_code) do update set (kind, day, close_cents) =
      (excluded.kind, excluded.day, excluded.close_cents)
    where (k.kind, k.day, k.close_cents) is distinct from
      (excluded.kind, excluded.day, excluded.close_cents)
    returning 1
  )
  select ((select count(*) from gone) + (select count(*) from kept))::int
$$;
"""
ALL = "true"
BELIEVED = """not exists (select from market.divergences d
      where (d.card_id, d.grade_code) = (w.card_id, w.grade_code) and d.closed_at is null)"""

# Runs as the owner: it gives away counts of rows that its callers may not read.
REJECTS = """
drop function market.rejects_known(timestamptz);
create function market.rejects_known(at timestamptz)
returns table (source text, reason text, waiting bigint, resolved bigint, {newest} timestamptz)
language sql stable security definer set search_path = pg_catalog, market as $$
  select source, reason, count(*) filter (where resolved_at is null or resolved_at > at),
    count(*) filter (where resolved_at <= at), max(first_seen_at)
  from market.quarantine where first_seen_at <= at group by source, reason
$$;
comment on function market.rejects_known(timestamptz) is
  'refused rows counted as they were at a moment; the rows themselves stay with ingestion';
revoke all on function market.rejects_known(timestamptz) from public;
grant execute on function market.rejects_known(timestamptz) to ingestion, api_gw;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(CLOSED_AFTER)
    op.execute(INDEX_CARD_CLOSES.format(believed=BELIEVED))
    op.execute(REJECTS.format(newest="newest_refused_at"))
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute(REJECTS.format(newest="last_seen_at"))
    op.execute(INDEX_CARD_CLOSES.format(believed=ALL))
    op.execute("alter table market.divergences drop constraint divergences_closed_after")
    op.execute("reset role")
