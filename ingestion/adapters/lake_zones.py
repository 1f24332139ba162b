"""The lake's zones: raw as received with a manifest, trusted records, curated tables."""

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from ingestion.domain.errors import NotFetched
from ingestion.domain.records import RawPart, Receipt, Window
from kernel.errors import NotFound
from kernel.lake import Lake

DIGEST_SIGNS = 12


def _folder(source: str, day: date) -> str:
    return f"source={source}/date={day}"


@dataclass(frozen=True)
class LakeRawZone:
    """Parts under names that carry their digest; the manifest, written last, says which count."""

    lake: Lake

    def store(self, receipt: Receipt) -> Sequence[str]:
        """Keep the parts and then the manifest; the same bytes are the same keys."""
        folder = _folder(receipt.source, receipt.window.last)
        entries = [_entry(folder, part) for part in receipt.parts]
        for entry, part in zip(entries, receipt.parts, strict=True):
            self.lake.put("raw", str(entry["key"]), part.body)
        manifest = {
            "source": receipt.source,
            "first": str(receipt.window.first),
            "last": str(receipt.window.last),
            "parts": entries,
        }
        self.lake.put("raw", f"{folder}/manifest.json", json.dumps(manifest, indent=1).encode())
        return [str(entry["key"]) for entry in entries]

    def load(self, source: str, day: date) -> tuple[Receipt, Mapping[str, str]]:
        """What the manifest names, and each part's key. Raises NotFetched."""
        try:
            body = self.lake.get("raw", f"{_folder(source, day)}/manifest.json")
        except NotFound as error:
            run_first = "ingestion job fetch"
            raise NotFetched(source, day, zone="raw", run_first=run_first) from error
        manifest: dict[str, Any] = json.loads(body)
        parts = [
            RawPart(entry["name"], entry["role"], self.lake.get("raw", entry["key"]))
            for entry in manifest["parts"]
        ]
        window = Window(date.fromisoformat(manifest["first"]), date.fromisoformat(manifest["last"]))
        keys = {entry["name"]: entry["key"] for entry in manifest["parts"]}
        return Receipt(manifest["source"], window, parts), keys


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
        """Records as RECORDS. Raises NotFetched."""
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


def _parquet(frame: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    frame.write_parquet(body, compression="zstd", statistics=True)
    return body.getvalue()
