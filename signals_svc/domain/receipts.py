"""What of a signal is no longer what it was when it was said: by its receipt, prices, artifacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kernel.ids import Instrument
from kernel.receipts import altered

NO_RECEIPT = "receipt"
ARTIFACT = "artifact"


@dataclass(frozen=True)
class Receipt:
    """A signal as it is stored now and the hashes of when it was said; None where none were kept.

    `contents` by part, as signals.receipt_contents tells them.
    """

    signal_id: int
    instrument: Instrument
    horizon_days: int
    known_at: datetime
    feature_version: str
    contents: Mapping[str, Any]
    digests: Mapping[str, str] | None
    hash: str | None

    @property
    def artifacts(self) -> dict[str, tuple[str, str]]:
        """By version the key and checksum of each artifact it rests on."""
        return {
            version: (model["artifact_key"], model["sha256"])
            for version, model in self.contents["models"].items()
            if model["artifact_key"] is not None
        }

    def __str__(self) -> str:
        return f"{self.instrument} {self.horizon_days} d said {self.known_at:%Y-%m-%d %H:%M}"


class Broken(NamedTuple):
    """A part of one signal that is not what it was."""

    receipt: Receipt
    part: str

    def __str__(self) -> str:
        return f"{self.receipt}: {WORDS[self.part]}"


WORDS = {
    "said": "its own words",
    "inputs": "the numbers its decision rests on",
    "snapshot": "its frozen features",
    "models": "the registered models it names",
    "hash": "the receipt itself",
    NO_RECEIPT: "no receipt was kept",
    ARTIFACT: "the artifact of a model",
}


def broken_parts(receipt: Receipt, *, spoilt: frozenset[str]) -> list[Broken]:
    """`spoilt` are the versions whose artifact is not the registered one."""
    parts: list[str] = [NO_RECEIPT]
    if receipt.digests is not None and receipt.hash is not None:
        parts = altered(receipt.contents, receipt.digests, receipt.hash)
    if spoilt & receipt.artifacts.keys():
        parts.append(ARTIFACT)
    return [Broken(receipt, part) for part in parts]


# Features that an instrument shares with others: a price of a neighbour changes them too.
SHARED = ("excess_", "premium_", "rank_")


class Rebuilt(NamedTuple):
    """Features of one instrument and night, computed anew from what was known then."""

    fingerprint: str
    raw: Mapping[str, float | None]


def differs(receipt: Receipt, rebuilt: Mapping[Instrument, Rebuilt]) -> bool:
    """Whether prices and facts of then, as they are told now, give other features than frozen."""
    named, now = receipt.contents["inputs"].get("snapshot"), rebuilt.get(receipt.instrument)
    return named is not None and now is not None and now.fingerprint != named


def told_anew(receipt: Receipt, rebuilt: Mapping[Instrument, Rebuilt]) -> bool:
    """Whether its own prices or facts are told otherwise, and not only those of others.

    A backfill that was known early does this honestly; a price that somebody edited does it too.
    """
    if not differs(receipt, rebuilt):
        return False
    frozen, now = receipt.contents["snapshot"]["raw"], rebuilt[receipt.instrument].raw
    return any(frozen[name] != value for name, value in now.items() if not name.startswith(SHARED))
