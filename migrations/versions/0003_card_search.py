"""Card search inside PostgreSQL: weighted documents, the vocabulary for spelling, their refresh.

- `market.card_search` has one weighted tsvector a card. Weights: A name, B number, C set and
  treatment, D artist, series, kind, and neighbouring name words joined ("mewtwogx").
  `#4` is a collector's number and `/102` a printed total, so that neither is taken for a word.
- `market.search_words` is the vocabulary of those documents; trigrams find what was meant.
- `market.refresh_card_search()` brings both in line with the cards; whoever loads cards calls it.

Revision: 0003, after 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FOLDING = """
create function market.fold(said text) returns text
language sql immutable strict parallel safe set search_path = pg_catalog as $$
  with spelled (name) as (
    select replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(said),
      'δ', ' delta '), 'α', ' alpha '), 'β', ' beta '), 'γ', ' gamma '),
      '★', ' star '), '☆', ' star '), '◇', ' prism star '), '♀', ' female '), '♂', ' male ')
  )
  select trim(regexp_replace(
    regexp_replace(public.unaccent('public.unaccent', name), '[''’]', '', 'g'),
    '[^a-z0-9]+', ' ', 'g')) from spelled
$$;
comment on function market.fold(text) is
  'words of a text as the search compares them: lower case, ASCII letters and digits, one blank';

create function market.fold_number(said text) returns text
language sql immutable strict parallel safe set search_path = pg_catalog as $$
  select regexp_replace(regexp_replace(lower(split_part(said, '/', 1)), '[^a-z0-9]', '', 'g'),
                        '^([a-z]*)0+(?=[0-9])', '\\1')
$$;
comment on function market.fold_number(text) is
  'a collector number as the search compares it: 020/189 -> 20, SWSH020 -> swsh20';

create function market.lexemes(words text[], weight text) returns tsvector
language sql immutable parallel safe set search_path = pg_catalog as $$
  select coalesce(string_agg(quote_literal(word) || ':' || place || weight, ' '), '')::tsvector
  from unnest(words) with ordinality as listed (word, place) where word <> ''
$$;
"""

TABLES = """
create table market.card_search (
  card_id text primary key references market.cards on delete cascade,
  set_id text not null,
  document tsvector not null,
  name_lexemes tsvector not null,
  prominence real not null,
  released date,
  position int not null
);
-- No pending list: a search after a refresh must not read through what was just changed.
create index card_search_document on market.card_search using gin (document)
  with (fastupdate = off);
create index card_search_set on market.card_search (set_id);
comment on column market.card_search.prominence is
  '0 to 1: how many cards show the same Pokémon; orders half-typed words, no more';
comment on column market.card_search.position is 'digits of the number: orders cards in a set';

create table market.search_words (
  word text primary key,
  cards int not null
);
create index search_words_trgm on market.search_words using gin (word public.gin_trgm_ops)
  with (fastupdate = off);
create index search_words_prefix on market.search_words (word text_pattern_ops);
"""

# Alternate arts have no rarity of their own before 2023: since Team Up (February 2019) the second
# full art, rainbow or secret print of one Pokémon in one set is the alternate one.
DOCUMENTS = """
create view market.card_search_documents as
with told as (
  select c.card_id, c.set_id, s.release_date, s.printed_total, concat_ws(' ', s.name, s.code) as set_name, s.series,
    c.supertype, c.subtypes, c.artist, c.edition, c.finish, c.language, c.number,
    regexp_replace(coalesce(c.rarity, ''), '([a-z])([A-Z])', '\\1 \\2', 'g') as rarity,
    string_to_array(market.fold(c.name), ' ') as name_words,
    market.fold_number(c.number) as number_key,
    c.supertype = 'Pokémon' as is_pokemon,
    left(coalesce(nullif(regexp_replace(c.number, '\\D', '', 'g'), ''), '0'), 9)::int as position,
    row_number() over (
      partition by c.set_id, c.name, c.rarity, c.edition, c.finish, c.language
      order by left(coalesce(nullif(regexp_replace(c.number, '\\D', '', 'g'), ''), '0'), 9)::int
    ) as print
  from market.cards c join market.sets s using (set_id)
), named as (
  select card_id, word from told cross join unnest(name_words) as word
  where is_pokemon and length(word) > 1 and word not in (
    'ex', 'gx', 'gl', 'lv', 'vmax', 'vstar', 'union', 'star', 'prism', 'delta', 'break', 'legend', 'mega', 'dark', 'light',
    'shining', 'radiant', 'team', 'rockets', 'galarian', 'alolan', 'hisuian', 'paldean', 'special')
), depicted as (
  select card_id, max(cards) as cards
  from named join (select word, count(*) as cards from named group by word) as counted using (word)
  group by card_id
), treated as (
  select told.*,
    array_remove(array[
      case when rarity in ('Rare Ultra', 'Ultra Rare') then 'fullart' end,
      case when rarity in ('Illustration Rare', 'Special Illustration Rare')
        or (is_pokemon and print > 1 and release_date >= date '2019-02-01'
            and rarity in ('Rare Ultra', 'Rare Rainbow', 'Rare Secret')) then 'altart' end,
      case when rarity in ('Rare Secret', 'Hyper Rare', 'Mega Hyper Rare') then 'gold' end,
      case when number ~ '^\\d+$' and position > printed_total then 'secret' end,
      case when rarity like '%Star' then 'goldstar' end,
      case when edition = '1st' then 'first' end,
      case when edition = '1st' then 'edition' end,
      nullif(edition, 'unlimited')
    ], null) as treatments
  from told
)
-- A promo set runs for years, so its day says nothing about the card.
select card_id, set_id, case when rarity <> 'Promo' then release_date end as released, position,
  market.lexemes(name_words, 'A') as name_lexemes,
  market.lexemes(name_words, 'A')
  || market.lexemes(array['#' || number_key, coalesce('/' || printed_total, '')], 'B')
  -- A word of the name counts as that alone: the artist "2019 Pikachu Project" adds nothing to it.
  || ts_delete(
       market.lexemes(string_to_array(market.fold(set_name), ' ') || market.fold(set_id), 'C')
       || market.lexemes(treatments || string_to_array(market.fold(rarity), ' '), 'C')
       || market.lexemes(
            array['#' || nullif(ltrim(regexp_replace(number_key, '\\D', '', 'g'), '0'), '')]
            || string_to_array(market.fold(concat_ws(' ', supertype, series, artist,
                 -- the 2 of "Stage 2" is no number anybody looks for
                 regexp_replace(array_to_string(subtypes, ' '), 'Stage (\\d)', 'stage\\1', 'g'),
                 nullif(finish, 'default'), nullif(language, 'en'))), ' ')
            || (select array_agg(name_words[i] || name_words[i + 1])
                from generate_series(1, cardinality(name_words) - 1) as i), 'D'),
       name_words) as document,
  least(1, ln(coalesce(depicted.cards, 1)) / ln(200))::real as prominence
from treated left join depicted using (card_id);
"""

REFRESH = """
create function market.refresh_card_search() returns int
language plpgsql security definer set search_path = pg_catalog, market, pg_temp as $$
declare
  changed int;
begin
  perform pg_advisory_xact_lock(hashtext('market.refresh_card_search'));
  insert into market.card_search as kept
    (card_id, set_id, document, name_lexemes, prominence, released, position)
  select card_id, set_id, document, name_lexemes, prominence, released, position
  from market.card_search_documents
  on conflict (card_id) do update set set_id = excluded.set_id, document = excluded.document,
    name_lexemes = excluded.name_lexemes, prominence = excluded.prominence,
    released = excluded.released, position = excluded.position
  where (kept.set_id, kept.document, kept.name_lexemes, kept.prominence, kept.released, kept.position)
    is distinct from (excluded.set_id, excluded.document, excluded.name_lexemes,
                      excluded.prominence, excluded.released, excluded.position);
  get diagnostics changed = row_count;
  with words_now as materialized (
    select word, ndoc as cards from ts_stat('select document from market.card_search')
    where word !~ '^[#/]'
  ), gone as (
    delete from market.search_words kept
    where not exists (select from words_now where words_now.word = kept.word)
  )
  insert into market.search_words as kept (word, cards) select word, cards from words_now
    on conflict (word) do update set cards = excluded.cards where kept.cards <> excluded.cards;
  return changed;
end
$$;
comment on function market.refresh_card_search() is
  'brings card_search and search_words in line with the cards; returns the cards whose entry changed';
revoke all on function market.refresh_card_search() from public;
grant execute on function market.refresh_card_search() to ingestion;
"""

GRANTS = """
grant select on market.card_search, market.search_words to api_gw;
"""


def upgrade() -> None:
    op.execute("set local role market_owner")
    for block in (FOLDING, TABLES, DOCUMENTS, REFRESH, GRANTS):
        op.execute(block)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role market_owner")
    op.execute("drop function market.refresh_card_search()")
    op.execute("drop view market.card_search_documents")
    op.execute("drop table market.search_words, market.card_search")
    op.execute("drop function market.lexemes(text[], text)")
    op.execute("drop function market.fold_number(text)")
    op.execute("drop function market.fold(text)")
    op.execute("reset role")
