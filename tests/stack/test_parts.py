"""Each server of the stack, started alone, answers its own secret and nobody else's."""

import json
from pathlib import Path

import boto3
import psycopg
import pytest
import redis

from stack import probes
from stack.bootstrap.databases import LOGINS, Cluster, create_roles
from stack.errors import Unhealthy
from stack.parts import aws as aws_part
from stack.parts import s3 as s3_part
from stack.parts.postgres import SUPERUSER
from tests.fixtures.aws import FlipsBus, sns_client
from tests.fixtures.postgres import DatabaseUrls
from tests.fixtures.s3 import AwsAccess, Lake


def test_a_service_connects_to_a_migrated_database_as_itself(database: DatabaseUrls) -> None:
    with psycopg.connect(database.ingestion) as connection:
        row = connection.execute("select current_user, to_regclass('market.cards')").fetchone()
    assert row == ("ingestion", "market.cards")


def test_each_test_gets_a_database_of_its_own(database: DatabaseUrls, postgres: Cluster) -> None:
    with psycopg.connect(database.superuser) as connection:
        connection.execute("create table leftover (n int)")
    with postgres.administer() as connection:
        names = connection.execute(
            "select datname from pg_database where datname like 'test%'"
        ).fetchall()
    assert names == [(database.name,)]


def test_letters_beyond_ascii_are_letters(database: DatabaseUrls) -> None:
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute("select lower('POKÉMON'), current_setting('server_encoding')")
        assert row.fetchone() == ("pokémon", "UTF8")


ROLES = """
    select role.rolname, role.rolcanlogin, role.rolsuper, array_agg(owner.rolname order by 1)
    from pg_roles role
    left join pg_auth_members member on member.member = role.oid
    left join pg_roles owner on owner.oid = member.roleid
    where role.rolname !~ '^pg_' group by role.oid, 1, 2, 3 order by 1
"""


def test_creating_the_roles_again_changes_nothing(postgres: Cluster, repository: Path) -> None:
    with postgres.administer() as connection:
        before = connection.execute(ROLES).fetchall()
        create_roles(postgres, repository=repository)
        after = connection.execute(ROLES).fetchall()
    assert set(LOGINS) < {name for name, *_ in before}
    assert after == before


def test_postgres_probe_refuses_a_server_with_another_password(postgres: Cluster) -> None:
    strangers = Cluster(port=postgres.port, passwords={SUPERUSER: "another"})
    with pytest.raises(Unhealthy, match="password"):
        probes.postgres(strangers.url(SUPERUSER, "postgres"))


def test_valkey_is_empty_and_asks_for_its_password(valkey: str) -> None:
    with redis.Redis.from_url(valkey) as client:
        assert client.dbsize() == 0
        client.set("left", "for the next test")
    with pytest.raises(Unhealthy, match="invalid username-password"):
        probes.valkey(valkey.replace("://:", "://:wrong"))


def test_valkey_is_empty_again(valkey: str) -> None:
    with redis.Redis.from_url(valkey) as client:
        assert client.dbsize() == 0


def test_the_lake_keeps_objects_and_reads_a_part_of_them(lake: Lake) -> None:
    client = lake.client()
    client.put_object(Bucket=lake.raw, Key="day=1/a.bin", Body=b"0123456789")
    part = client.get_object(Bucket=lake.raw, Key="day=1/a.bin", Range="bytes=2-4")
    assert part["Body"].read() == b"234"


def test_s3_probe_refuses_a_server_with_other_keys(s3: AwsAccess) -> None:
    with pytest.raises(Unhealthy):
        s3_part.probe(s3.endpoint_url, s3_part.Keys(s3.access_key_id, "another-secret"))


def test_what_is_published_arrives_in_the_queue(aws: AwsAccess, flips_bus: FlipsBus) -> None:
    sns_client(aws).publish(TopicArn=flips_bus.topic_arn, Message='{"card_id": "a"}')
    assert [json.loads(body) for body in flips_bus.bodies()] == [{"card_id": "a"}]


def test_aws_probe_refuses_another_instance(aws: AwsAccess) -> None:
    with pytest.raises(Unhealthy, match="another program"):
        aws_part.probe(aws.endpoint_url, instance_id="somebody-else")


def test_mail_lands_in_the_local_inbox(aws: AwsAccess) -> None:
    client = boto3.client(
        "ses",
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=aws.access_key_id,
        aws_secret_access_key=aws.secret_access_key,
    )
    client.verify_email_identity(EmailAddress="pricer@example.org")
    client.send_email(
        Source="pricer@example.org",
        Destination={"ToAddresses": ["trainer@example.org"]},
        Message={"Subject": {"Data": "Flip"}, "Body": {"Text": {"Data": "BUY"}}},
    )
    sent = probes.http_json(f"{aws.endpoint_url}/_local/inbox")
    assert isinstance(sent, list)
    assert sent[-1]["subject"] == "Flip"
