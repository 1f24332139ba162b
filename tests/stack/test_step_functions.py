"""The control plane runs state machines as AWS does where moto alone would not."""

import json
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fixtures.aws import sqs_client
from tests.fixtures.s3 import AwsAccess

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ENDED_WITHIN_S = 20
ROLE = "arn:aws:iam::123456789012:role/any"


def definition(queue_url: str) -> str:
    """One shard that a worker has to answer for; tried twice, then its error is the output."""
    work = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue_url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "Retry": [{"ErrorEquals": ["Lost"], "MaxAttempts": 1, "IntervalSeconds": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
        "End": True,
    }
    states = {"Work": work, "Failed": {"Type": "Pass", "End": True}}
    return json.dumps({"StartAt": "Work", "States": states})


class Execution:
    """One run and the worker's side of its queue."""

    def __init__(self, aws: AwsAccess, name: str) -> None:
        self.sqs: SQSClient = sqs_client(aws)
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.states: Any = boto3.client(
            "stepfunctions",
            endpoint_url=aws.endpoint_url,
            region_name=aws.region,
            aws_access_key_id=aws.access_key_id,
            aws_secret_access_key=aws.secret_access_key,
        )
        machine = self.states.create_state_machine(
            name=name, definition=definition(self.queue), roleArn=ROLE
        )
        started = self.states.start_execution(
            stateMachineArn=machine["stateMachineArn"], input='{"shard": 1}'
        )
        self.arn = started["executionArn"]

    def next_token(self) -> str:
        answer = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=ENDED_WITHIN_S)
        message = answer["Messages"][0]
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return str(json.loads(message["Body"])["token"])

    def output(self) -> dict[str, Any]:
        limit = time.monotonic() + ENDED_WITHIN_S
        while time.monotonic() < limit:
            found = self.states.describe_execution(executionArn=self.arn)
            if found["status"] != "RUNNING":
                assert found["status"] == "SUCCEEDED", found
                decoded: dict[str, Any] = json.loads(found["output"])
                return decoded
            time.sleep(0.05)
        pytest.fail("the execution did not end")


def test_the_cause_of_a_failed_task_reaches_the_catch(aws: AwsAccess) -> None:
    execution = Execution(aws, "cause")
    execution.states.send_task_failure(
        taskToken=execution.next_token(), error="BadShard", cause="card 7 has no bars"
    )
    assert execution.output()["error"] == {"Error": "BadShard", "Cause": "card 7 has no bars"}


def test_a_lost_worker_cannot_answer_for_its_successor(aws: AwsAccess) -> None:
    execution = Execution(aws, "tokens")
    first = execution.next_token()
    execution.states.send_task_failure(taskToken=first, error="Lost", cause="no heartbeat")
    second = execution.next_token()
    assert second != first
    execution.states.send_task_success(taskToken=first, output='{"by": "first"}')
    execution.states.send_task_success(taskToken=second, output='{"by": "second"}')
    assert execution.output() == {"by": "second"}
