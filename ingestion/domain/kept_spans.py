"""When each version of a price counted, by the verdicts on it."""

import polars as pl

from ingestion.domain.records import UTC_US


def kept_spans(versions: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """The versions with `since` and `to` (null: still), once for each time that they were kept.

    `versions` as VERSIONS, other columns are carried along; `verdicts` as VERDICTS in the order of
    knowledge.
    """
    subject = ["subject", "key", "card_id", "grade_code"]
    about = pl.col("key").is_in(versions.get_column("key").implode())
    last = (
        verdicts.rename({"subject_id": "key"})
        .filter(about)
        .unique([*subject, "known_at"], keep="last", maintain_order=True)
    )
    held = (
        last.sort([*subject, "known_at"])
        .select(*subject, "known_at", out=pl.col("verdict").is_in(["outlier", "rejected"]))
        .with_columns(next=pl.col("known_at").shift(-1).over(subject))
    )
    subjects = held.select(subject).unique()
    judged = versions.join(subjects, on=subject, how="semi")
    never = versions.join(subjects, on=subject, how="anti")
    # Kept before the first verdict, and from each verdict that keeps to the one after it.
    first = (
        held.group_by(subject)
        .agg(next=pl.col("known_at").min())
        .with_columns(known_at=pl.lit(None, UTC_US))
    )
    kept = pl.concat(
        [
            first.select(*subject, verdict_from="known_at", verdict_to="next"),
            held.filter(~pl.col("out")).select(
                *subject, verdict_from="known_at", verdict_to="next"
            ),
        ]
    )
    spans = judged.join(kept, on=subject).with_columns(
        since=pl.max_horizontal("known_at", "verdict_from"),
        to=pl.min_horizontal("until", "verdict_to"),
    )
    whole = never.with_columns(since="known_at", to="until")
    columns = [*versions.columns, "since", "to"]
    both = pl.concat([whole.select(columns), spans.select(columns)])
    return both.filter(pl.col("to").is_null() | (pl.col("since") < pl.col("to")))
