"""Brings the stores to what the programs expect: roles, databases, buckets, topic and queue."""

from importlib.metadata import version
from pathlib import Path

import boto3

from stack.bootstrap import bus, databases, lake, source_secrets
from stack.catalogue import airflow_settings
from stack.environment import aws_access
from stack.errors import StackError
from stack.one_off import finished
from stack.parts import airflow
from stack.program import tethered, write
from stack.secret_store import AIRFLOW_ROLE
from stack.site import Site

AIRFLOW_MIGRATED_WITHIN_S = 300  # takes ten on an idle machine


class AirflowNotMigrated(StackError):
    def __init__(self, log: Path) -> None:
        super().__init__(f"Airflow could not prepare its database. See {log}")


def create_database(site: Site) -> None:
    databases.create_roles(site.cluster, repository=site.repository)
    databases.create_platform(site.cluster, site.world.database, repository=site.repository)


def session(site: Site) -> boto3.Session:
    keys = site.s3_keys
    return boto3.Session(
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        region_name=aws_access(site)["AWS_DEFAULT_REGION"],
    )


def create_lake(site: Site) -> None:
    client = session(site).client("s3", endpoint_url=site.s3_url)
    lake.create_buckets(client, prefix=site.world.bucket_prefix)


def create_bus(site: Site) -> None:
    """Also after a restart of the control plane, which keeps all in memory."""
    clients = session(site)
    sns = clients.client("sns", endpoint_url=site.aws_url)
    sqs = clients.client("sqs", endpoint_url=site.aws_url)
    bus.create_flips_bus(sns, sqs, prefix=site.world.bucket_prefix)
    bus.create_closes_bus(sns, sqs, prefix=site.world.bucket_prefix)


def store_source_credentials(site: Site) -> None:
    """Also after a restart of the control plane, which keeps all in memory."""
    if site.world.simulated:
        source_secrets.store_credentials(
            session(site).client("secretsmanager", endpoint_url=site.aws_url),
            prefix=site.world.bucket_prefix,
            token=site.secrets["marketplace_token"],
        )


def airflow_is_migrated(site: Site) -> bool:
    stamp = migration_stamp(site)
    return stamp.exists() and stamp.read_text() == version("apache-airflow")


def migration_stamp(site: Site) -> Path:
    return site.state.root / "airflow" / f"migrated-{site.world.airflow_database}"


def create_airflow_database(site: Site) -> None:
    """Its own database: Airflow's migrations keep their version in the same table as ours."""
    databases.create_login(site.cluster, AIRFLOW_ROLE)
    name = site.world.airflow_database
    databases.create_database(site.cluster, name, owner=AIRFLOW_ROLE, users=())
    if airflow_is_migrated(site):
        return
    program = airflow.migration(airflow_settings(site))
    written = write(program, site.state.programs / f"{program.name}.json")
    log = site.state.log_of(program.name)
    with log.open("ab") as output:
        done = finished(
            program.name, tethered(written), within_s=AIRFLOW_MIGRATED_WITHIN_S, output=output
        )
    if done.returncode != 0:
        raise AirflowNotMigrated(log)
    migration_stamp(site).write_text(version("apache-airflow"))
