"""Events to other services: SNS topics, with deadlines."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kernel.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topic:
    """One SNS topic that takes JSON messages."""

    def __init__(self, arn: str) -> None:
        self._arn = arn
        # A session of its own: the default one keeps the first credentials it saw.
        self._sns: SNSClient = boto3.Session().client(
            "sns",
            config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3}),
        )

    def publish(self, message: Mapping[str, object]) -> None:
        """Send one message. Raises Unavailable; delivery is at least once."""
        try:
            self._sns.publish(TopicArn=self._arn, Message=json.dumps(message, default=str))
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"SNS did not take a message for {self._arn}: {error}") from error
