"""The curated tables in the Glue catalog, where Athena finds them; written through awswrangler."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import polars as pl
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.domain.contracts import Contract
from ingestion.domain.curated import CuratedTable
from kernel.errors import Unavailable

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
ATTEMPTS = 3

ATHENA_TYPES: Mapping[Any, str] = {
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.String: "string",
    pl.Date: "date",
    pl.Datetime: "timestamp",
}
MONTH = {"month": "string"}


class GlueCatalog:
    """Port CuratedCatalog. Endpoint and credentials are the standard AWS environment's."""

    def __init__(self, *, database: str, bucket: str) -> None:
        self._database = database
        self._bucket = bucket

    @cached_property
    def _wr(self) -> Any:
        # Imported when used: it and pandas take more than a second.
        import awswrangler

        awswrangler.config.botocore_config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        )
        return awswrangler

    def register(
        self, table: CuratedTable, contract: Contract, months: Collection[str]
    ) -> tuple[int, int]:
        """Describe the table and make its partitions these months; those added and removed.

        Raises Unavailable.
        """
        try:
            self._describe(table, contract)
            return self._reconcile(table, months)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(
                f"Glue did not take {self._database}.{table.name}: {error}"
            ) from error

    def _describe(self, table: CuratedTable, contract: Contract) -> None:
        catalog = self._wr.catalog
        catalog.create_database(self._database, exist_ok=True)
        catalog.create_parquet_table(
            database=self._database,
            table=table.name,
            path=self._folder(table),
            columns_types=self._types(table),
            partitions_types=MONTH,
            compression="zstd",
            description=contract.about,
            columns_comments={
                name: unit for name, unit in contract.units.items() if name in table.columns
            },
            mode="append",  # a table that is there keeps its partitions
        )

    def _reconcile(self, table: CuratedTable, months: Collection[str]) -> tuple[int, int]:
        catalog = self._wr.catalog
        there = catalog.get_parquet_partitions(database=self._database, table=table.name)
        known = {values[0] for values in there.values()}
        new, gone = sorted(set(months) - known), sorted(known - set(months))
        folder = self._folder(table)
        paths = {f"{folder}month={month}/": [month] for month in new}
        if new:
            catalog.add_parquet_partitions(
                database=self._database,
                table=table.name,
                partitions_values=paths,
                compression="zstd",
                columns_types=self._types(table),
            )
        if gone:
            catalog.delete_partitions(
                database=self._database,
                table=table.name,
                partitions_values=[[month] for month in gone],
            )
        return len(new), len(gone)

    def _folder(self, table: CuratedTable) -> str:
        return f"s3://{self._bucket}/{table.name}/"

    def _types(self, table: CuratedTable) -> dict[str, str]:
        return {name: ATHENA_TYPES[kind.base_type()] for name, kind in table.columns.items()}


def database_of(bucket_prefix: str) -> str:
    """The Glue database of a lake: each world has one of its own."""
    return f"{bucket_prefix.replace('-', '_')}_curated"
