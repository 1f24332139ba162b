"""Composes what each part is told: an environment of its own, without a foreign secret."""

import sys

from stack.bootstrap.bus import flips_name
from stack.parts.s3 import REGION
from stack.site import Site

# moto's one account
ACCOUNT_ID = "123456789012"

# The packages whose jobs the scheduler, or a person with `run`, starts.
JOB_LOGINS = ("ingestion", "signals_svc")


def flips_topic_arn(bucket_prefix: str) -> str:
    return f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{flips_name(bucket_prefix)}"


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
    return {**platform(site), **marketplace_token(site)}


def of_api(site: Site) -> dict[str, str]:
    return {**platform(site), **database_url(site, "api_gw"), "PRICER_REDIS_URL": site.valkey_url}


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
        "PRICER_SIGNAL_FLIPS_TOPIC_ARN": flips_topic_arn(site.world.bucket_prefix),
        **marketplace(site),
        **aws_access(site),
    }


def database_url(site: Site, login: str) -> dict[str, str]:
    return {f"{login.upper()}_DATABASE_URL": site.database_url(login)}


def of_schedules(site: Site) -> dict[str, str]:
    """What dags/schedules.py reads: without a marketplace no clock starts an ingest."""
    return {"PRICER_NIGHTLY_INGEST": "on" if site.world.simulated else "off"}


def marketplace(site: Site) -> dict[str, str]:
    """Nothing where there is none: a job that asks it then says which settings are missing."""
    if not site.world.simulated:
        return {}
    return {
        "PRICER_MARKETPLACE_URL": site.http_url("simulator"),
        # The simulator is ours and as fast as it is asked; a real marketplace's limit is kept.
        "PRICER_MARKETPLACE_RATE_PER_MIN": "60000",
        **marketplace_token(site),
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
