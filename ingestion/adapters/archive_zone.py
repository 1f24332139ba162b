"""Archived months in the curated zone: whole rows, beside what analysts read of the same month."""

import hashlib
import io
from dataclasses import dataclass
from datetime import date

import polars as pl

from kernel.lake import Lake


@dataclass(frozen=True)
class LakeArchive:
    """`archive/trades/month=2019-05/part-0.parquet`."""

    lake: Lake

    def write(self, table: str, month: date, rows: pl.DataFrame) -> tuple[str, str]:
        """Write the month's object whole; its key, and the SHA-256 of what was sent."""
        body = io.BytesIO()
        rows.write_parquet(body, compression="zstd", statistics=True)
        key = f"archive/{table}/month={month:%Y-%m}/part-0.parquet"
        self.lake.put("curated", key, body.getvalue())
        return key, hashlib.sha256(body.getvalue()).hexdigest()

    def read(self, key: str) -> tuple[pl.DataFrame, str]:
        """The rows of an object, and the SHA-256 of what the lake gave."""
        body = self.lake.get("curated", key)
        return pl.read_parquet(io.BytesIO(body)), hashlib.sha256(body).hexdigest()
