"""Everything a part needs to know about one start: where, as what, with which ports and secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stack.bootstrap.databases import LOGINS, Cluster
from stack.parts import aws, postgres, s3, valkey
from stack.parts.postgres import SUPERUSER
from stack.secret_store import AIRFLOW_ROLE, database_secret
from stack.state import State
from stack.world import World

ACCESS_KEY_ID = "PRICERLOCAL"


@dataclass(frozen=True)
class Site:
    repository: Path
    state: State
    instance_id: str
    world: World
    started_at: datetime
    ports: Mapping[str, int]
    secrets: Mapping[str, str]

    @property
    def cluster(self) -> Cluster:
        roles = (*LOGINS, AIRFLOW_ROLE, SUPERUSER)
        passwords = {role: self.secrets[database_secret(role)] for role in roles}
        return Cluster(port=self.ports["postgres"], passwords=passwords)

    def database_url(self, role: str) -> str:
        return self.cluster.url(role, self.world.database)

    @property
    def superuser_url(self) -> str:
        return self.cluster.url(SUPERUSER, postgres.SUPERUSER)

    @property
    def valkey_url(self) -> str:
        return valkey.url(
            port=self.ports["valkey"],
            password=self.secrets["valkey"],
            database=self.world.redis_database,
        )

    @property
    def s3_url(self) -> str:
        return s3.url(self.ports["s3"])

    @property
    def s3_keys(self) -> s3.Keys:
        return s3.Keys(ACCESS_KEY_ID, self.secrets["s3"])

    @property
    def aws_url(self) -> str:
        return aws.url(self.ports["aws"])

    def http_url(self, port_name: str) -> str:
        return f"http://127.0.0.1:{self.ports[port_name]}"
