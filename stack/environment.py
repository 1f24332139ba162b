"""Composes the environment that the product's programs and jobs read."""

import sys

from stack.bootstrap.bus import flips_name
from stack.bootstrap.databases import LOGINS
from stack.parts.s3 import REGION
from stack.site import Site

# moto's one account
ACCOUNT_ID = "123456789012"


def flips_topic_arn(bucket_prefix: str) -> str:
    return f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{flips_name(bucket_prefix)}"


def product_environment(site: Site) -> dict[str, str]:
    return {
        **platform(site),
        **{f"{role.upper()}_DATABASE_URL": site.database_url(role) for role in LOGINS},
        **aws_access(site),
    }


def platform(site: Site) -> dict[str, str]:
    return {
        "PRICER_PROFILE": "local",
        "PRICER_INSTANCE_ID": site.instance_id,
        "PRICER_HOME": str(site.repository),
        "PRICER_CONFIG": str(site.repository / "pricer.yaml"),
        "PRICER_WORLD": site.world.name,
        "PRICER_REDIS_URL": site.valkey_url,
        "PRICER_LAKE_BUCKET_PREFIX": site.world.bucket_prefix,
        "PRICER_SIGNAL_FLIPS_TOPIC_ARN": flips_topic_arn(site.world.bucket_prefix),
        "PRICER_MARKETPLACE_URL": site.http_url("simulator"),
        "PRICER_MARKETPLACE_TOKEN": site.secrets["marketplace_token"],
        "JOB_PYTHON": sys.executable,
        "PYTHONUNBUFFERED": "1",
    }


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
