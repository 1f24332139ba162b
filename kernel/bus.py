"""Events to other services: SNS topics and the SQS queues that listen to them, with deadlines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kernel.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT_S = 20  # what SQS allows one call to wait for a message
AT_ONCE = 10  # messages SQS gives in one call

CALLS = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
WAITING_CALLS = Config(
    connect_timeout=5, read_timeout=LONGEST_WAIT_S + 10, retries={"total_max_attempts": 3}
)


class Topic:
    """One SNS topic that takes JSON messages."""

    def __init__(self, arn: str) -> None:
        # Here: a fifth of a second that programs which only may send need not wait for.
        import boto3

        self._arn = arn
        # A session of its own: the default one keeps the first credentials it saw.
        self._sns: SNSClient = boto3.Session().client("sns", config=CALLS)

    def publish(self, message: Mapping[str, object]) -> None:
        """Send one message. Raises Unavailable; delivery is at least once."""
        try:
            self._sns.publish(TopicArn=self._arn, Message=json.dumps(message, default=str))
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"SNS did not take a message for {self._arn}: {error}") from error


@dataclass(frozen=True)
class Message:
    """One message as it was taken; `said` is None where its text is no JSON object."""

    handle: str
    said: Mapping[str, Any] | None


class Queue:
    """One SQS queue. What is taken comes again unless it is deleted before its timeout."""

    def __init__(self, url: str) -> None:
        import boto3  # as above

        self._url = url
        self._sqs: SQSClient = boto3.Session().client("sqs", config=WAITING_CALLS)

    def take(self, *, wait_s: int = 0) -> Sequence[Message]:
        """Up to ten messages; none after waiting that long. Raises Unavailable."""
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=AT_ONCE,
                WaitTimeSeconds=min(wait_s, LONGEST_WAIT_S),
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"SQS gave nothing from {self._url}: {error}") from error
        return [
            Message(one["ReceiptHandle"], _object(one["Body"]))
            for one in answer.get("Messages", [])
        ]

    def delete(self, handle: str) -> None:
        """Say that a message is done with. Raises Unavailable."""
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"SQS kept a message of {self._url}: {error}") from error


def _object(body: str) -> Mapping[str, Any] | None:
    try:
        said = json.loads(body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
