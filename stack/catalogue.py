"""Lists the parts of the stack. A new part is one entry here and, if it has one, a port."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from stack import probes
from stack.environment import of_api, of_inference, of_jobs, of_schedules, of_simulator
from stack.errors import StackError
from stack.parts import airflow, aws, postgres, postgres_binaries, s3, services, valkey
from stack.parts.postgres_placement import place
from stack.program import Program
from stack.secret_store import AIRFLOW_ROLE
from stack.site import Site
from stack.waiting import Probe
from stack.world import World

Environment = Callable[[Site], dict[str, str]]


@dataclass(frozen=True)
class Part:
    """`store` parts are healthy and bootstrapped before the others start.

    A `simulation` runs in the simulated world only.
    """

    name: str
    program: Callable[[Site], Program]
    probe: Callable[[Site], Probe]
    port: str | None = None
    store: bool = False
    simulation: bool = False


def postgres_program(site: Site) -> Program:
    found = postgres_binaries.find(site.repository)
    as_root = os.geteuid() == 0
    placement = place(site.state.root, found, instance_id=site.instance_id, as_root=as_root)
    password = site.cluster.passwords[postgres.SUPERUSER]
    postgres.create_cluster(placement, found, password=password)
    postgres.forget_stale_pid(placement.data)
    return postgres.program(placement, port=site.ports["postgres"])


def valkey_program(site: Site) -> Program:
    home = site.state.root / "valkey"
    password = site.secrets["valkey"]
    return valkey.program(valkey.prepare(home, port=site.ports["valkey"], password=password))


def s3_program(site: Site) -> Program:
    return s3.program(site.state.root / "s3", port=site.ports["s3"], keys=site.s3_keys)


def aws_program(site: Site) -> Program:
    return aws.program(port=site.ports["aws"], instance_id=site.instance_id)


def airflow_settings(site: Site) -> dict[str, str]:
    """What every process of Airflow reads, its own database among it and none of ours."""
    home = site.state.root / "airflow"
    airflow.prepare(home, password=site.secrets["airflow_password"])
    settings = airflow.environment(
        home=home,
        dags=site.repository / "dags",
        port=site.ports["airflow"],
        database_url=site.cluster.url(AIRFLOW_ROLE, site.world.airflow_database),
        secrets=site.secrets,
    )
    return {**of_schedules(site), **settings}


def scheduler_settings(site: Site) -> dict[str, str]:
    """Jobs are children of the scheduler and inherit from it what they need."""
    return {**of_jobs(site), **airflow_settings(site)}


def airflow_part(
    name: str, *words: str, heartbeat: str, settings: Environment = airflow_settings
) -> Part:
    return Part(
        name=name,
        program=lambda site: airflow.program(name, *words, settings=settings(site)),
        probe=lambda site: partial(
            airflow.heartbeat_probe,
            site.http_url("airflow"),
            kind=heartbeat,
            since=site.started_at,
        ),
    )


def airflow_api() -> Part:
    return Part(
        name="airflow-api",
        port="airflow",
        program=lambda site: airflow.program(
            "airflow-api", "api-server", settings=airflow_settings(site)
        ),
        probe=lambda site: partial(
            airflow.api_probe,
            site.http_url("airflow"),
            password=site.secrets["airflow_password"],
        ),
    )


def service(
    name: str, module: str, *words: str, environment: Environment, simulation: bool = False
) -> Part:
    """A program of ours on the port of its name."""
    return Part(
        name=name,
        port=name,
        simulation=simulation,
        program=lambda site: services.program(
            name,
            module,
            *(*words, "--port", str(site.ports[name])),
            environment=environment(site),
        ),
        probe=lambda site: partial(
            services.probe, site.http_url(name), instance_id=site.instance_id
        ),
    )


PARTS: tuple[Part, ...] = (
    Part(
        name="postgres",
        port="postgres",
        store=True,
        program=postgres_program,
        probe=lambda site: partial(probes.postgres, site.superuser_url),
    ),
    Part(
        name="valkey",
        port="valkey",
        store=True,
        program=valkey_program,
        probe=lambda site: partial(probes.valkey, site.valkey_url),
    ),
    Part(
        name="s3",
        port="s3",
        store=True,
        program=s3_program,
        probe=lambda site: partial(s3.probe, site.s3_url, site.s3_keys),
    ),
    Part(
        name="aws",
        port="aws",
        store=True,
        program=aws_program,
        probe=lambda site: partial(aws.probe, site.aws_url, instance_id=site.instance_id),
    ),
    airflow_api(),
    airflow_part(
        "airflow-scheduler",
        "scheduler",
        "--skip-serve-logs",
        heartbeat="scheduler",
        settings=scheduler_settings,
    ),
    airflow_part("airflow-dag-processor", "dag-processor", heartbeat="dag_processor"),
    service("simulator", "stack.simulator", environment=of_simulator, simulation=True),
    service("api_gw", "api_gw", "serve", environment=of_api),
    service("signals_svc", "signals_svc", "serve", environment=of_inference),
)


class UnknownPart(StackError):
    def __init__(self, names: Iterable[str]) -> None:
        known = ", ".join(part.name for part in PARTS)
        super().__init__(f"No part is named {', '.join(sorted(names))}. The parts are: {known}.")


def without(names: Iterable[str]) -> tuple[Part, ...]:
    left_out = set(names)
    unknown = left_out - {part.name for part in PARTS}
    if unknown:
        raise UnknownPart(unknown)
    return tuple(part for part in PARTS if part.store or part.name not in left_out)


def in_world(world: World, parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if world.simulated or not part.simulation)
