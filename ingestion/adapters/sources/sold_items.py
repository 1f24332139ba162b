"""Makes out what one sold item of the marketplace says: which product, grade, price, when."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from ingestion.domain.cancelled import STATUS
from ingestion.domain.records import TOLD

COMPANIES: Mapping[str, str] = {
    "PSA": "psa",
    "PROFESSIONAL SPORTS AUTHENTICATOR (PSA)": "psa",
    "CGC": "cgc",
    "CERTIFIED GUARANTY COMPANY (CGC)": "cgc",
    "BGS": "bgs",
    "BECKETT (BGS)": "bgs",
    "SGC": "sgc",
}
GRADER, GRADE, CERTIFICATE = "Professional Grader", "Grade", "Certification Number"


def told_rows(part: str, body: bytes) -> pl.DataFrame:
    """Items, one JSON line each, as TOLD."""
    rows = [
        {"part": part, "line": number, "raw": line, **_told(line)}
        for number, line in enumerate(body.decode().splitlines(), start=1)
        if line
    ]
    return pl.DataFrame(rows, schema=TOLD)


def _told(line: str) -> dict[str, str | None]:
    try:
        item = json.loads(line)
        told = _of_item(item)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # One odd item must not stop the others: whatever shape it has, it is kept as it is.
        return {"fault": "malformed_row", "detail": f"{type(error).__name__}: {error}"}
    units = item.get("totalSoldQuantity", 1)
    if units != 1:
        told |= {"fault": "lot", "detail": f"{units} sold at one price"}
    return told


def _of_item(item: Mapping[str, Any]) -> dict[str, str | None]:
    price = item["lastSoldPrice"]
    described = _described(item.get("conditionDescriptors", []))
    seller = item.get("seller") or {}
    kept = {
        "title": item.get("title"),
        "certificate": described.get(CERTIFICATE),
        "buying": item.get("buyingOptions"),
        STATUS: item.get("saleStatus"),
    }
    return {
        "item": _text(item.get("epid")),
        "title": _text(item.get("title")),
        "grade": _grade(described),
        "price": str(price["value"]),
        "currency": str(price["currency"]),
        "time": str(item["lastSoldDate"]),
        "known": str(item.get("lastModifiedDate") or item["lastSoldDate"]),
        "id": str(item["itemId"]),
        "seller": _text(seller.get("username")),
        "url": _text(item.get("itemWebUrl")),
        "meta": json.dumps({name: said for name, said in kept.items() if said is not None}),
    }


def _text(said: object) -> str | None:
    return None if said in (None, "") else str(said)


def _described(descriptors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {each["name"]: str(each["values"][0]["content"]) for each in descriptors}


def _grade(described: Mapping[str, str]) -> str:
    """`psa9.5` from grader and grade; no descriptor at all is an ungraded card."""
    grader, grade = described.get(GRADER), described.get(GRADE)
    if grader is None and grade is None:
        return "raw"
    company = COMPANIES.get((grader or "").strip().upper())
    try:
        return f"{company or grader}{float(grade or ''):g}"
    except ValueError:
        return f"{company or grader} {grade}"
