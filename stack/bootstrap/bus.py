"""Creates the topic of signal flips and a queue subscribed to it; moto forgets both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class FlipsBus:
    topic_arn: str
    queue_url: str


def flips_name(prefix: str) -> str:
    """Of the topic and of its queue, for the world with this bucket prefix."""
    return f"{prefix}-signal-flips"


def create_flips_bus(sns: SNSClient, sqs: SQSClient, *, prefix: str) -> FlipsBus:
    name = flips_name(prefix)
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=attributes["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    return FlipsBus(topic_arn=topic_arn, queue_url=queue_url)
