"""Decides which grade a row is about."""

import re
from datetime import date

import polars as pl

from ingestion.domain.format import DatedGrade, Format
from ingestion.domain.identities import Reference
from ingestion.domain.refusal import refuse
from ingestion.domain.titled import refuse_other_grades

NUMBER = re.compile(r"^\d{1,2}(\.\d)?\d*$")
QUALIFIER = re.compile(r"^\(?([A-Za-z]{2})\)?$")
LAST_DAY = date.max


def grade_code(text: str | None, qualifier: str | None, mapping: Format) -> str | DatedGrade | None:
    """The code a source's grade means; None when it cannot be told."""
    if text is None:
        return None
    said = text.strip()
    if said in mapping.grades:
        return mapping.grades[said]
    if mapping.grade_company and NUMBER.match(said):
        code = f"{mapping.grade_company}{float(said):g}"
        if qualifier is None:
            return code
        found = QUALIFIER.match(qualifier.strip())
        return f"{code}-{found.group(1).lower()}" if found else None
    return said.lower()


def grade(rows: pl.DataFrame, mapping: Format, reference: Reference) -> pl.DataFrame:
    """Add `grade_code`. A grade stated by the product map beats what the row says."""
    if mapping.grade is not None:
        rows = rows.with_columns(stated=pl.lit(mapping.grade))
    else:
        rows = _stated(rows, mapping)
    # A title that names a card may say more of an ungraded one: how well it is kept. Whoever mapped
    # the product has no say in it, or the same row would be read in another way the next time.
    kept = pl.when(pl.col("stated") == "raw").then("title_grade")
    worn = pl.when(kept.str.starts_with("raw")).then(kept)
    rows = rows.with_columns(stated=pl.coalesce(worn, "stated"))
    rows = rows.with_columns(grade_code=pl.coalesce("product_grade", "stated"))
    known = pl.col("grade_code").is_in(list(reference.grades))
    said = pl.concat_str(
        pl.col("grade").fill_null("(empty)"), pl.col("qualifier").fill_null(""), separator=" "
    )
    detail = pl.format("no grade is known as {}", said.str.strip_chars())
    rows = refuse(rows, ~known.fill_null(False), "grade_unknown", detail)
    return refuse_other_grades(rows)


def _stated(rows: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    """The code of each distinct grade text, by day where its meaning changed."""
    distinct = rows.select("grade", "qualifier").unique()
    found: list[tuple[str | None, str | None, date, str | None, str | None]] = []
    for text, qualifier in distinct.iter_rows():
        code = grade_code(text, qualifier, mapping)
        if isinstance(code, DatedGrade):
            found.append((text, qualifier, code.until, code.before, code.after))
        else:
            found.append((text, qualifier, LAST_DAY, code, code))
    codes = pl.DataFrame(
        found,
        schema={
            "grade": pl.String,
            "qualifier": pl.String,
            "until": pl.Date,
            "before": pl.String,
            "after": pl.String,
        },
        orient="row",
    )
    rows = rows.join(
        codes, on=["grade", "qualifier"], how="left", nulls_equal=True, maintain_order="left"
    )
    early = pl.col("ts").dt.date() < pl.col("until")
    return rows.with_columns(stated=pl.when(early).then("before").otherwise("after")).drop(
        "until", "before", "after"
    )
