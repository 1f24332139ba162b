"""A job that was told how long to wait is tried again no earlier than that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import RetryPolicy
from airflow.sdk.definitions.retry_policy import RetryDecision
from airflow.sdk.exceptions import AirflowException

FIRST_DELAY = timedelta(seconds=5)  # and growing; a shorter wait that was told is within it
# The next night asks again by itself; a run that is open for longer would hold it back.
LONGEST_WAIT = timedelta(hours=20)


class NotYet(AirflowException):
    """The job left with 75 and said how long nothing will be answered."""

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__(message)
        self.wait = wait


class NotBeforeTold(RetryPolicy):
    """Delays the retry by the wait that was told; the task's own delay holds for all else.

    Airflow asks it where the task ran, and only while retries are left.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """RETRY after the wait; FAIL where it is too long to keep the run open."""
        if not isinstance(exception, NotYet) or exception.wait <= FIRST_DELAY:
            return RetryDecision.default()
        if exception.wait > LONGEST_WAIT:
            return RetryDecision.fail(f"nothing is answered for {exception.wait}; a later run asks")
        return RetryDecision.retry(exception.wait, f"asked to wait for {exception.wait}")
