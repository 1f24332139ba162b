"""What jobs import, for the process they are forked from; nobody else imports it."""

import os

os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read when the package is imported

import boto3 as boto3
import great_expectations as great_expectations
import pytest as pytest  # the main module of whoever starts jobs
import redis as redis

from ingestion.domain import bar_pass as bar_pass
from ingestion.domain import moment_pass as moment_pass
from kernel import great_suites as great_suites
from tests.ingestion import job_process as job_process
