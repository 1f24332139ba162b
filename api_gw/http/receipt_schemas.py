"""What people are told of what a signal rests on."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api_gw.http.schemas import Frozen


class ReceiptPart(Frozen):
    """A part of a receipt."""

    name: Literal["said", "inputs", "snapshot", "models"] = Field(
        description="said: the signal's own words; inputs: the numbers it was decided by; snapshot:"
        " the frozen features; models: who spoke, with checksums of their artifacts"
    )
    digest: str | None = Field(description="hash of the part when it was said; null: none was kept")
    content: Any = Field(description="the part as it is stored now; null if it is lost")


class Receipt(Frozen):
    """What a signal rests on, hashed when it was said, and whether it still is that."""

    card_id: str = Field(description="card")
    grade_code: str = Field(description="grade")
    horizon_days: int = Field(description="how far the signal looks, days")
    asof_ts: datetime = Field(description="everything used was known by this moment, UTC")
    known_at: datetime = Field(description="since when this word can be told, UTC")
    written_at: datetime = Field(description="when the database took it, UTC")
    heard: bool = Field(
        description="whether it was said when its night was; if not, the night was filled in later"
    )
    hash: str | None = Field(
        description="one hash over all parts, to be kept by whoever wants to hold us to it"
    )
    intact: bool = Field(description="whether every part is what was frozen")
    altered: list[str] = Field(description="parts that are not; `hash`: the receipt itself")
    parts: list[ReceiptPart] = Field(description="what was hashed, part by part")
