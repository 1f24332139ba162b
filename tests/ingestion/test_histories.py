"""What is believed of a sale at any moment is what the rules say of what was known by then."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.domain.histories import beliefs, present, versions
from ingestion.domain.statements import CONTENT, STATEMENTS, news

START = datetime(2024, 5, 1, tzinfo=UTC)
MOMENTS = [START + timedelta(days=day) for day in range(10)]
Said = dict[str, Any]
Belief = tuple[Any, ...] | None


def word(action: str, reported: int, known: int, price: int, card: str) -> Said:
    """What a source says, reported and known at moments."""
    content = {"ts": START, "card_id": card, "grade_code": "psa9", "price_cents": price}
    empty: Said = dict.fromkeys(STATEMENTS)
    moments = {"reported_at": MOMENTS[reported], "known_at": MOMENTS[known], "place": 0}
    return empty | content | moments | {
        "trade_id": 1, "action": action, "told_as": 1, "meta": "{}", "actor": "shop"
    }  # fmt: skip


def turn(action: str, at: int) -> Said:
    """What a person says."""
    empty: Said = dict.fromkeys(STATEMENTS)
    moments = {"reported_at": MOMENTS[at], "known_at": MOMENTS[at], "place": 0}
    return empty | moments | {"trade_id": 1, "action": action, "actor": "ann", "reason": "seen"}


words = st.builds(
    word,
    st.sampled_from(["told", "told", "cancelled"]),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from([100, 120]),
    st.sampled_from(["base1-4", "base1-2"]),
)
said = st.lists(
    st.one_of(
        words, st.builds(turn, st.sampled_from(["revoked", "reinstated"]), st.integers(0, 9))
    ),
    min_size=1,
    max_size=7,
).filter(lambda all_said: any(one["ts"] for one in all_said))


def frame(all_said: Sequence[Said]) -> pl.DataFrame:
    return pl.DataFrame(list(all_said), schema=STATEMENTS).unique(maintain_order=True)


def content(one: Said) -> tuple[Any, ...]:
    return tuple(one[name] for name in CONTENT)


def believed(all_said: Sequence[Said], moment: datetime) -> Belief:
    """The content that stands at the moment, by going through all that was known by then."""
    told = sorted((one for one in all_said if one["ts"]), key=order)
    since = {}
    for at, one in enumerate(told):
        first = all(content(before) == content(told[0]) and before["action"] == "told"
                    for before in told[: at + 1])  # fmt: skip
        since[at] = one["known_at"] if first else max(one["known_at"], one["reported_at"])
    newest, stands, gone, heard_of = -1, None, False, set()
    turned = [one for one in all_said if not one["ts"]]
    for now in [known for known in MOMENTS if known <= moment]:
        before = newest
        newest = max([at for at in since if since[at] <= now], default=-1)
        if newest != before:
            gone = gone or told[newest]["action"] == "cancelled"
            report = (
                told[newest]["reported_at"],
                told[newest]["action"],
                told[newest]["price_cents"],
            )
            if gone and report not in heard_of:
                stands = told[newest]["action"] == "told"
            heard_of.add(report)
        # Of two persons at one moment the one who reinstates is heard last.
        for one in sorted((one for one in turned if one["known_at"] == now),
                          key=lambda one: bool(one["action"] == "reinstated")):  # fmt: skip
            stands = one["action"] == "reinstated"
    return content(told[newest]) if newest >= 0 and stands in (None, True) else None


def order(one: Said) -> tuple[Any, ...]:
    moments = (one["reported_at"], one["known_at"], one["action"] == "cancelled")
    return (*moments, *(one[name] or "" for name in CONTENT))


def read(found: pl.DataFrame, moment: datetime) -> Belief:
    """The content of the stretch that holds the moment."""
    held = (pl.col("known_at") <= moment) & (pl.col("until").is_null() | (pl.col("until") > moment))
    rows = found.filter(held).select(CONTENT).rows()
    assert len(rows) <= 1
    return rows[0] if rows else None


@settings(deadline=None, max_examples=300)
@given(said=said)
def test_each_moment_has_the_belief_that_follows_from_what_was_known(said: list[Said]) -> None:
    found = versions(beliefs(frame(said)))
    for moment in MOMENTS:
        assert read(found, moment) == believed(said, moment), moment


@settings(deadline=None, max_examples=100)
@given(said=said, data=st.data())
def test_the_order_of_statements_does_not_matter(said: list[Said], data: st.DataObject) -> None:
    other = data.draw(st.permutations(said))
    assert beliefs(frame(said)).equals(beliefs(frame(other)))


@settings(deadline=None, max_examples=100)
@given(said=said)
def test_what_is_shown_now_is_the_last_stretch_or_has_an_end(said: list[Said]) -> None:
    found = beliefs(frame(said))
    [shown] = present(found).to_dicts()
    marked = versions(found).filter("present").to_dicts()
    if shown["until"] is None or shown["known_at"] < shown["until"]:
        [stretch] = marked
        for name in (*CONTENT, "known_at", "until"):
            assert stretch[name] == shown[name]
    else:
        assert marked == []


def test_each_end_names_who_said_what_and_the_prices_on_both_sides() -> None:
    told = [word("told", 1, 0, 100, "base1-4"), word("told", 3, 0, 120, "base1-4")]
    told += [turn("revoked", 5), turn("reinstated", 7)]
    columns = (
        "began",
        "began_by",
        "before_cents",
        "price_cents",
        "ended",
        "ended_by",
        "after_cents",
    )
    assert versions(beliefs(frame(told))).select(columns).rows() == [
        ("told", "shop", None, 100, "corrected", "shop", 120),
        ("corrected", "shop", 100, 120, "revoked", "ann", None),
        ("reinstated", "ann", None, 120, None, None, None),
    ]


def heard(all_said: Sequence[Said], more: Said) -> pl.DataFrame:
    names = {"source": pl.lit("shop"), "source_sale_id": pl.lit("s1")}
    return news(frame(all_said), frame([more]).with_columns(**names), now=MOMENTS[9])


def test_what_was_said_already_is_no_news() -> None:
    told = [word("told", 2, 0, 100, "base1-4"), word("told", 4, 0, 120, "base1-4")]
    assert heard(told, told[0]).is_empty()
    assert heard(told, word("told", 5, 0, 100, "base1-4")).height == 1


def test_the_same_words_read_as_another_card_are_news_of_now() -> None:
    told = [word("told", 2, 0, 100, "base1-4")]
    [news_of] = heard(told, word("told", 2, 0, 100, "base1-2")).to_dicts()
    assert (news_of["known_at"], news_of["actor"]) == (MOMENTS[9], "load_trades")


def test_a_source_that_dates_nothing_is_believed_in_the_order_of_asking() -> None:
    all_said = [word("told", 2, 0, 100, "base1-4")]
    for price in (120, 100):
        new = heard(all_said, word("told", 2, 0, price, "base1-4"))
        all_said += new.select(list(STATEMENTS)).to_dicts()
        assert versions(beliefs(frame(all_said))).get_column("price_cents")[-1] == price
    assert [one["place"] for one in all_said] == [0, 1, 2]
    assert heard(all_said, word("told", 2, 0, 100, "base1-4")).is_empty()


def test_words_of_another_time_of_sale_may_mean_another_card() -> None:
    told = [word("told", 2, 0, 100, "base1-4")]
    moved = word("told", 4, 0, 100, "base1-2") | {"ts": START + timedelta(days=1)}
    all_said = [*told, *heard(told, moved).select(list(STATEMENTS)).to_dicts()]
    assert [(one["card_id"], one["actor"]) for one in all_said] == [
        ("base1-4", "shop"),
        ("base1-2", "shop"),
    ]
    assert all(heard(all_said, one).is_empty() for one in all_said)


def test_reading_a_cancelled_report_anew_leaves_a_person_s_word_as_it_is() -> None:
    told = [word("told", 1, 1, 100, "base1-4"), word("cancelled", 3, 3, 100, "base1-4")]
    told += [turn("reinstated", 5), word("cancelled", 3, 7, 100, "base1-2")]
    [shown] = present(beliefs(frame(told))).to_dicts()
    assert (shown["card_id"], shown["until"]) == ("base1-2", None)
