"""The local stack, and the file that lists its processes.

`.local/stack.json` is written before and after each start, so that the next launcher finds all
remaining processes, however this one ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial

import psutil

from local.aws import REGION, Account
from local.launcher import airflow, projects
from local.launcher.ports import on_free_port
from local.launcher.processes import PortTaken, Service, end, ready_url, spawn
from local.launcher.rest import Airflow
from local.launcher.settings import ROOT, STATE, Settings, make_folder

FILE = STATE / "stack.json"
# The stand-ins' state: of AWS the keys of its identities and no more, of Snowflake everything.
ACCOUNT = STATE / "aws.json"
WAREHOUSE = STATE / "snowflake.duckdb"
KEY = STATE / "airflow" / "snowflake.key"
# Beside the daily DAGs, of which each project has one.
DAGS = (
    "amplitude_transform",
    "amplitude_setup",
    "amplitude_doctor",
    "amplitude_ip_networks",
    "amplitude_inventory",
    "amplitude_reload",
)
# Those that have a schedule, by time or by assets.
SCHEDULED = ("amplitude_transform", "amplitude_ip_networks", "amplitude_inventory")
# The UI's port, where it is free.
UI_PORT = 8080


class InUse(Exception):
    """Another launcher is using the stack."""


@dataclass
class Stack:
    """The running processes; a `kept` stack (`make up`) outlives the launcher, others end with it.

    The URL of a stand-in that does not run is empty. Uploads go to S3 through `s3_proxy`.
    """

    kept: bool
    owner: Service
    url: str = ""
    export_api: str = ""
    packages: str = ""
    s3_proxy: str = ""
    warehouse: str = ""
    warehouse_is_new: bool = False
    complete: bool = False
    services: list[Service] = field(default_factory=list)

    @classmethod
    def new(cls, *, kept: bool) -> Stack:
        """Return an empty stack of this process; raise InUse while another launcher uses one."""
        if other := cls.load():
            other.require_abandoned()
            other.stop()
        stack = cls(kept, _this_process())
        stack.save()
        return stack

    @classmethod
    def load(cls) -> Stack | None:
        """Return the stack on record, running or not; None without a record."""
        if not FILE.exists():
            return None
        fields = json.loads(FILE.read_text())
        services = [Service(**service) for service in fields.pop("services")]
        return cls(**{**fields, "owner": Service(**fields["owner"]), "services": services})

    @classmethod
    def running(cls) -> Stack | None:
        """Return the stack that `make up` left running, if all its processes still run."""
        stack = cls.load()
        alive = stack and stack.kept and stack.complete and all(s.alive() for s in stack.services)
        return stack if alive else None

    @property
    def address(self) -> str:
        """The address of Airflow's UI, and why its port is not the usual one."""
        usual = self.url.endswith(f":{UI_PORT}")
        return self.url if usual else f"{self.url} (port {UI_PORT} is in use)"

    def require_abandoned(self) -> None:
        """Raise InUse while the launcher that started this stack is running."""
        if self.owner.alive():
            raise InUse(
                f"{self.owner.name} (pid {self.owner.pid}) is using the stack: wait until it ends."
            )

    def save(self) -> None:
        """Write the record atomically."""
        FILE.parent.mkdir(parents=True, exist_ok=True)
        beside = FILE.with_suffix(".part")
        beside.write_text(json.dumps(asdict(self), indent=1))
        beside.replace(FILE)

    def add(self, service: Service) -> Service:
        """Record a service that was just started."""
        self.services.append(service)
        self.save()
        return service

    def remove(self, services: Sequence[Service]) -> None:
        """End some of the services and remove them from the record."""
        end(services)
        self.services = [service for service in self.services if service not in services]
        self.save()

    def stop(self) -> None:
        """End every process of the stack and delete its record."""
        end(self.services)
        FILE.unlink(missing_ok=True)


def _this_process() -> Service:
    pid = os.getpid()
    return Service(
        " ".join(["python -m local", *sys.argv[1:2]]), pid, psutil.Process().create_time(), ""
    )


def start(stack: Stack, given: Settings, *, schedule: bool) -> Airflow:
    """Start the stand-ins that are needed, then Airflow; return its client when all are ready.

    The DAGs that have a schedule are paused, so that none of their runs starts before it can
    succeed.
    """
    make_folder(given.data_dir)
    with ThreadPoolExecutor() as pool:
        migrated = pool.submit(
            airflow.migrate, airflow.environment(given.env, port=0, schedule=schedule)
        )
        stand_ins = start_stand_ins(stack, given)
        migrated.result()
    daily = [project.dag_id for project in projects.read(given)]
    airflow.pause([*SCHEDULED, *daily])
    env, dags = {**given.env, **stand_ins}, [*DAGS, *daily]
    serve = partial(_start_airflow, stack, env, dags, schedule=schedule)
    client = on_free_port(serve, UI_PORT if stack.kept else 0)
    stack.complete = True
    stack.save()
    return client


def _start_airflow(
    stack: Stack, base: Mapping[str, str], dags: Sequence[str], port: int, *, schedule: bool
) -> Airflow:
    """Start Airflow's components; if the port was taken, end them all, as each knows the port."""
    since = datetime.now(UTC)
    env = airflow.environment(base, port, schedule=schedule)
    components = [stack.add(airflow.start(name, env)) for name in airflow.COMPONENTS]
    stack.url = env["AIRFLOW__API__BASE_URL"]
    try:
        return airflow.wait_ready(stack.url, stack.services, dags, since)
    except PortTaken:
        stack.remove(components)
        raise


def start_stand_ins(stack: Stack, given: Settings) -> dict[str, str]:
    """Start the stand-ins in parallel; return the environment with their connections."""
    export_api = packages = None
    if given.amplitude_is_local:
        export_api = _stand_in(stack, "export_api", given.env, "--port", "0")
    if given.networks_are_local:
        packages = _stand_in(stack, "packages", given.env, "--port", "0")
    if given.cloud_is_local:
        start_cloud(stack, given)
    stack.export_api = ready_url(export_api) if export_api else ""
    stack.packages = ready_url(packages) if packages else ""
    stack.save()
    return connections(stack)


def start_cloud(stack: Stack, given: Settings, *, joined: bool = False) -> None:
    """Start the stand-ins of AWS and Snowflake; AWS is empty, or `joined` as after the set-up."""
    options = ["--port", "0", "--identities", str(ACCOUNT)]
    options += ["--bucket", given.bucket] if joined else []
    endpoint = ready_url(_stand_in(stack, "aws", given.env, *options))
    account = Account.load(ACCOUNT)
    snowflake = {
        "AWS_ACCESS_KEY_ID": account.snowflake.key_id,
        "AWS_SECRET_ACCESS_KEY": account.snowflake.secret,
        "AWS_DEFAULT_REGION": REGION,
    }
    options = ["--port", "0", "--file", str(WAREHOUSE), "--s3-endpoint", endpoint]
    stack.warehouse_is_new = not WAREHOUSE.exists()
    warehouse = _stand_in(stack, "warehouse", {**given.env, **snowflake}, *options)
    proxy = _stand_in(stack, "s3_proxy", given.env, "--s3-endpoint", endpoint)
    stack.warehouse, stack.s3_proxy = ready_url(warehouse), ready_url(proxy)
    stack.save()


def connections(stack: Stack) -> dict[str, str]:
    """Return the environment with the connections of the running stand-ins."""
    from local.launcher import connections

    env: dict[str, str] = {}
    if stack.export_api:
        env |= connections.amplitude(stack.export_api)
    if stack.packages:
        env |= connections.npm(stack.packages)
    if stack.warehouse:
        env |= connections.aws(Account.load(ACCOUNT), stack.s3_proxy)
        env |= connections.snowflake(stack.warehouse, connections.private_key(KEY))
    return env


def _stand_in(stack: Stack, name: str, env: Mapping[str, str], *options: str) -> Service:
    command = [sys.executable, "-m", f"local.{name}", *options]
    env = {**env, "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true"}
    return stack.add(spawn(name, command, airflow.LOGS / f"{name}.log", env, ROOT))
