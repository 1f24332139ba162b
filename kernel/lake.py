"""The lake: S3 buckets raw, trusted, curated and models behind five verbs, with deadlines."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kernel.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Zone = Literal["raw", "trusted", "curated", "models"]

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 60
ATTEMPTS = 3
GONE = frozenset({"NoSuchKey", "404", "NotFound"})


class Lake:
    """Objects by zone and key. Endpoint and credentials are the standard AWS environment's."""

    def __init__(self, bucket_prefix: str) -> None:
        self._prefix = bucket_prefix

    @cached_property
    def _s3(self) -> "S3Client":
        # Made when first used: a fifth of a second that jobs inside the database do not need.
        import boto3

        # A session of its own: the default one keeps the first credentials it saw.
        return boto3.Session().client(
            "s3",
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                s3={"addressing_style": "path"},
            ),
        )

    def bucket(self, zone: Zone) -> str:
        """The bucket that holds a zone."""
        return f"{self._prefix}-{zone}"

    def put(self, zone: Zone, key: str, body: bytes) -> None:
        """Write one object whole. Raises Unavailable."""
        try:
            self._s3.put_object(Bucket=self.bucket(zone), Key=key, Body=body)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"S3 did not take {zone}/{key}: {error}") from error

    def get(self, zone: Zone, key: str) -> bytes:
        """Read one object whole. Raises NotFound or Unavailable."""
        try:
            return self._s3.get_object(Bucket=self.bucket(zone), Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise NotFound(f"the lake has no {zone}/{key}") from error
            raise Unavailable(f"S3 did not give {zone}/{key}: {error}") from error
        except BotoCoreError as error:
            raise Unavailable(f"S3 did not give {zone}/{key}: {error}") from error

    def keys(self, zone: Zone, prefix: str) -> Iterator[str]:
        """Keys under a prefix, in order. Raises Unavailable."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket(zone), Prefix=prefix
            )
            for page in pages:
                for entry in page.get("Contents", []):
                    yield entry["Key"]
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"S3 did not list {zone}/{prefix}: {error}") from error

    def delete(self, zone: Zone, key: str) -> None:
        """Remove one object; a missing one is fine. Raises Unavailable."""
        try:
            self._s3.delete_object(Bucket=self.bucket(zone), Key=key)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"S3 did not delete {zone}/{key}: {error}") from error
