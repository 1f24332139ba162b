"""The lake's zones: raw as received with a manifest a fetch, trusted records, curated tables."""

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from ingestion.domain.errors import NotFetched
from ingestion.domain.records import RawPart, Receipt, Window
from kernel.errors import NotFound
from kernel.lake import Lake

DIGEST_SIGNS = 12
MANIFESTS = "manifest-"
MONTH_OF = re.compile(r"/month=(\d{4}-\d{2})/")


def _folder(source: str, day: date) -> str:
    return f"source={source}/date={day}"


@dataclass(frozen=True)
class LakeRawZone:
    """Parts under names that carry their digest; each fetch's manifest, written last, makes them
    count. Fetches of other bytes stand beside each other, the same bytes again are the same fetch.
    """

    lake: Lake

    def store(self, receipt: Receipt, *, fetched_at: datetime) -> Sequence[str]:
        """Keep the parts and then the manifest; the same bytes are the same keys."""
        folder = _folder(receipt.source, receipt.window.last)
        entries = [_entry(folder, part) for part in receipt.parts]
        for entry, part in zip(entries, receipt.parts, strict=True):
            self.lake.put("raw", str(entry["key"]), part.body)
        manifest = {
            "source": receipt.source,
            "first": str(receipt.window.first),
            "last": str(receipt.window.last),
            "fetched_at": fetched_at.isoformat(),
            "parts": entries,
        }
        body = json.dumps(manifest, indent=1).encode()
        self.lake.put("raw", f"{folder}/{MANIFESTS}{_digest(entries)}.json", body)
        return [str(entry["key"]) for entry in entries]

    def load(self, source: str, day: date) -> tuple[Sequence[Receipt], Mapping[str, str]]:
        """What each manifest names, in the order of fetching, and each part's key by its name.

        Raises NotFetched.
        """
        prefix = f"{_folder(source, day)}/{MANIFESTS}"
        manifests: list[dict[str, Any]] = [
            json.loads(self.lake.get("raw", key)) for key in self.lake.keys("raw", prefix)
        ]
        if not manifests:
            raise NotFetched(source, day, zone="raw", run_first="ingestion job fetch")
        # The order of fetching: of two that tell one sale at one time the later is believed.
        manifests.sort(key=lambda manifest: (manifest["fetched_at"], _digest(manifest["parts"])))
        receipts = [self._receipt(manifest) for manifest in manifests]
        keys = {_name(part): part["key"] for one in manifests for part in one["parts"]}
        return receipts, keys

    def _receipt(self, manifest: dict[str, Any]) -> Receipt:
        window = Window(date.fromisoformat(manifest["first"]), date.fromisoformat(manifest["last"]))
        parts = [
            RawPart(_name(entry), entry["role"], self.lake.get("raw", entry["key"]))
            for entry in manifest["parts"]
        ]
        fetched_at = datetime.fromisoformat(manifest["fetched_at"])
        return Receipt(manifest["source"], window, parts, fetched_at)


def _name(entry: Mapping[str, Any]) -> str:
    """The digest and the name: files of one name in two fetches are two parts."""
    return str(entry["key"]).rsplit("/", 1)[1]


def _digest(entries: Sequence[Mapping[str, Any]]) -> str:
    told = "\n".join(f"{entry['role']} {entry['key']}" for entry in entries)
    return hashlib.sha256(told.encode()).hexdigest()[:DIGEST_SIGNS]


def _entry(folder: str, part: RawPart) -> dict[str, object]:
    digest = hashlib.sha256(part.body).hexdigest()
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", part.name)
    return {
        "name": part.name,
        "role": part.role,
        "key": f"{folder}/{digest[:DIGEST_SIGNS]}-{safe}",
        "sha256": digest,
        "bytes": len(part.body),
    }


@dataclass(frozen=True)
class LakeTrustedZone:
    """One parquet object by source and run day, replaced whole."""

    lake: Lake

    def write(self, source: str, day: date, records: pl.DataFrame) -> None:
        """Replace the object."""
        self.lake.put("trusted", self._key(source, day), _parquet(records))

    def read(self, source: str, day: date) -> pl.DataFrame:
        """Records as TRUSTED. Raises NotFetched."""
        try:
            body = self.lake.get("trusted", self._key(source, day))
        except NotFound as error:
            run_first = "ingestion job validate"
            raise NotFetched(source, day, zone="trusted", run_first=run_first) from error
        return pl.read_parquet(io.BytesIO(body))

    def _key(self, source: str, day: date) -> str:
        return f"{_folder(source, day)}/records.parquet"


@dataclass(frozen=True)
class LakeCuratedZone:
    """Hive-partitioned by month: `trades/month=2024-05/part-0.parquet`."""

    lake: Lake

    def replace(self, table: str, month: date, rows: pl.DataFrame) -> None:
        """Write the month's object whole; without rows it is removed."""
        key = f"{table}/month={month:%Y-%m}/part-0.parquet"
        if rows.is_empty():
            self.lake.delete("curated", key)
        else:
            self.lake.put("curated", key, _parquet(rows))

    def months(self, table: str) -> list[str]:
        """The months that have an object, as 2024-05, in order."""
        found = (MONTH_OF.search(key) for key in self.lake.keys("curated", f"{table}/month="))
        return sorted({match[1] for match in found if match})

    def states(self, table: str) -> dict[str, str]:
        """What each month held when it was last written; nothing where nobody noted it."""
        try:
            told: dict[str, str] = json.loads(self.lake.get("curated", _noted(table)))
        except NotFound:
            return {}
        return told

    def note(self, table: str, states: Mapping[str, str]) -> None:
        """Note what each month holds, after its object was written."""
        self.lake.put("curated", _noted(table), json.dumps(states, indent=1).encode())


def _noted(table: str) -> str:
    """Beside the tables, since every object in a table's folder is read as its rows."""
    return f"_published/{table}.json"


def _parquet(frame: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    frame.write_parquet(body, compression="zstd", statistics=True)
    return body.getvalue()
