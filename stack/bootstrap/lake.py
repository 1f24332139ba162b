"""Creates the buckets of the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ZONES = ("raw", "trusted", "curated", "models")


def bucket_names(prefix: str) -> dict[str, str]:
    return {zone: f"{prefix}-{zone}" for zone in ZONES}


def create_buckets(client: S3Client, *, prefix: str) -> None:
    found = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for name in bucket_names(prefix).values():
        # Asked before: rclone answers a second creation with somebody else's bucket exists.
        if name not in found:
            client.create_bucket(Bucket=name)
