"""Composes what each part is told: an environment of its own, without a foreign secret."""

import os
import sys

from stack.bootstrap.bus import closes_name, flips_name
from stack.parts.airflow import USER as AIRFLOW_USER
from stack.parts.s3 import REGION
from stack.simulator.settings import PREFIX as SIMULATOR
from stack.site import Site
from stack.sources import of_sources

# moto's one account
ACCOUNT_ID = "123456789012"

# The packages whose jobs the scheduler, or a person with `run`, starts.
JOB_LOGINS = ("ingestion", "signals_svc", "backtest_svc", "api_gw", "maintenance")


def topic_arn(name: str) -> str:
    return f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}"


def queue_url(site: Site, name: str) -> str:
    return f"{site.aws_url}/{ACCOUNT_ID}/{name}"


def platform(site: Site) -> dict[str, str]:
    """What every program of ours may know: nothing of it is secret."""
    return {
        "PRICER_PROFILE": "local",
        "PRICER_INSTANCE_ID": site.instance_id,
        "PRICER_CONFIG": str(site.repository / "pricer.yaml"),
        "PRICER_WORLD": site.world.name,
        "PYTHONUNBUFFERED": "1",
    }


def of_simulator(site: Site) -> dict[str, str]:
    """With what the person who starts the stack has set of its cards, dirt and faults."""
    chosen = {name: value for name, value in os.environ.items() if name.startswith(SIMULATOR)}
    return {**platform(site), **chosen, **marketplace_token(site)}


def of_api(site: Site) -> dict[str, str]:
    return {
        **platform(site),
        **database_url(site, "api_gw"),
        "PRICER_REDIS_URL": site.valkey_url,
        "PRICER_AIRFLOW_URL": site.http_url("airflow"),
        "PRICER_AIRFLOW_USER": AIRFLOW_USER,
        "PRICER_AIRFLOW_PASSWORD": site.secrets["airflow_password"],
        **admin_token(site),
    }


def of_inference(site: Site) -> dict[str, str]:
    """For who says of a card what would be signalled now: it reads prices and models."""
    return {
        **platform(site),
        **database_url(site, "signals_svc"),
        "PRICER_LAKE_BUCKET_PREFIX": site.world.bucket_prefix,
        **aws_access(site),
        **admin_token(site),
    }


def admin_token(site: Site) -> dict[str, str]:
    return {"PRICER_ADMIN_TOKEN": site.secrets["admin_token"]}


def of_operator(site: Site) -> dict[str, str]:
    """For a person at this machine: what jobs are told, and what the API asks of data engineers."""
    return {**of_jobs(site), **admin_token(site), "PRICER_API_URL": site.http_url("api_gw")}


def of_jobs(site: Site) -> dict[str, str]:
    """For whoever starts jobs: Airflow's scheduler, and `python -m stack run`."""
    urls = [database_url(site, login) for login in JOB_LOGINS]
    return {
        **platform(site),
        **{name: value for url in urls for name, value in url.items()},
        "PRICER_HOME": str(site.repository),
        "JOB_PYTHON": sys.executable,
        "PRICER_REDIS_URL": site.valkey_url,
        "PRICER_LAKE_BUCKET_PREFIX": site.world.bucket_prefix,
        "PRICER_SIGNAL_FLIPS_TOPIC_ARN": topic_arn(flips_name(site.world.bucket_prefix)),
        "PRICER_CLOSES_TOPIC_ARN": topic_arn(closes_name(site.world.bucket_prefix)),
        "PRICER_CLOSES_QUEUE_URL": queue_url(site, closes_name(site.world.bucket_prefix)),
        **of_sources(site),
        **aws_access(site),
    }


def database_url(site: Site, login: str) -> dict[str, str]:
    return {f"{login.upper()}_DATABASE_URL": site.database_url(login)}


def of_schedules(site: Site) -> dict[str, str]:
    """What dags/schedules.py reads: without a marketplace no clock starts an ingest, nor where
    whoever starts the stack sets PRICER_NIGHTLY_INGEST to `off`."""
    asked = os.environ.get("PRICER_NIGHTLY_INGEST", "on")
    return {
        "PRICER_NIGHTLY_INGEST": asked if site.world.simulated else "off",
        # The demo switches it on after its nights, which would meet it every quarter of an hour.
        "PRICER_HOT_CARDS": "paused",
    }


def marketplace_token(site: Site) -> dict[str, str]:
    return {"PRICER_MARKETPLACE_TOKEN": site.secrets["marketplace_token"]}


def aws_access(site: Site) -> dict[str, str]:
    keys = site.s3_keys
    return {
        "AWS_ENDPOINT_URL": site.aws_url,
        "AWS_ENDPOINT_URL_S3": site.s3_url,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        # rclone sends the checksum of the whole object with a part of it.
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }
