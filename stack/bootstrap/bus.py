"""Creates the topics and the queues subscribed to them; moto forgets both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

# A consumer that takes longer has died; its message is then another's.
CLOSES_VISIBLE_AGAIN_S = 120
# A message that failed so often is nobody's any more: it waits where a person can look at it.
CLOSES_TRIED_AT_MOST = 5


@dataclass(frozen=True)
class FlipsBus:
    topic_arn: str
    queue_url: str


@dataclass(frozen=True)
class ClosesBus:
    topic_arn: str
    queue_url: str
    dead_letters_url: str


def flips_name(prefix: str) -> str:
    """Of the topic and of its queue, for the world with this bucket prefix."""
    return f"{prefix}-signal-flips"


def closes_name(prefix: str) -> str:
    """Of the topic of changed closes and of the search's queue."""
    return f"{prefix}-close-changes"


def create_flips_bus(sns: SNSClient, sqs: SQSClient, *, prefix: str) -> FlipsBus:
    name = flips_name(prefix)
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    subscribe(sns, sqs, topic_arn=topic_arn, queue_url=queue_url)
    return FlipsBus(topic_arn=topic_arn, queue_url=queue_url)


def create_closes_bus(
    sns: SNSClient, sqs: SQSClient, *, prefix: str, visible_again_s: int = CLOSES_VISIBLE_AGAIN_S
) -> ClosesBus:
    name = closes_name(prefix)
    topic_arn = sns.create_topic(Name=name)["TopicArn"]
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": queue_arn(sqs, dead),
        "maxReceiveCount": str(CLOSES_TRIED_AT_MOST),
    }
    attributes: Mapping[QueueAttributeNameType, str] = {
        "VisibilityTimeout": str(visible_again_s),
        "RedrivePolicy": json.dumps(redrive),
    }
    queue_url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    subscribe(sns, sqs, topic_arn=topic_arn, queue_url=queue_url)
    return ClosesBus(topic_arn=topic_arn, queue_url=queue_url, dead_letters_url=dead)


def subscribe(sns: SNSClient, sqs: SQSClient, *, topic_arn: str, queue_url: str) -> None:
    """What is published arrives in the queue as it was published, without an envelope."""
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn(sqs, queue_url),
        Attributes={"RawMessageDelivery": "true"},
    )


def queue_arn(sqs: SQSClient, queue_url: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    return found["Attributes"]["QueueArn"]
