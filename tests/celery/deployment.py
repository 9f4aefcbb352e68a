"""A deployment by docker-compose.celery.yaml with two workers, and its stand-ins."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from local.export_api import ExportApi
from local.launcher.ports import free_port
from local.launcher.processes import Service
from local.warehouse import Warehouse
from tests.celery import servers, sessions
from tests.celery.client import Client
from tests.celery.containers import Containers
from tests.crashes.deployment import aws
from tests.deploy.compose import CELERY, read
from tests.pipeline.stand_ins import amplitude, connection

BUCKET = "amplitude-events-celery"
WORKERS = ("one", "two")
USER, PASSWORD = "admin", "made-up-admin"


@dataclass(frozen=True)
class Around:
    """The stand-ins at the other end of the pipeline's connections."""

    api: ExportApi
    warehouse: Warehouse
    s3_endpoint: str

    @property
    def dotenv(self) -> dict[str, str]:
        """Return the content of a `.env` for these stand-ins, with fresh secrets."""
        return {
            "AIRFLOW_ADMIN_PASSWORD": PASSWORD,
            "AIRFLOW_CONN_AMPLITUDE_DEFAULT": json.dumps(amplitude(self.api.url)),
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws(self.s3_endpoint)),
            "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": json.dumps(connection(self.warehouse.port)),
            "AIRFLOW_VAR_AMPLITUDE_BUCKET": BUCKET,
            "AIRFLOW_VAR_AMPLITUDE_WINDOW_HOURS": "6",
            "API_SECRET_KEY": secrets.token_hex(32),
            "FERNET_KEY": Fernet.generate_key().decode(),
            "JWT_SECRET": secrets.token_hex(64),
            "POSTGRES_PASSWORD": secrets.token_hex(8),
            "REDIS_PASSWORD": secrets.token_hex(8),
            "WORKER_CONCURRENCY": "3",
        }


@dataclass(frozen=True)
class Deployment:
    """The running services, a client of their api-server, and the workers by hostname."""

    containers: Containers
    client: Client
    workers: dict[str, Service]


@contextmanager
def deployed(around: Around, folder: Path) -> Iterator[Deployment]:
    """Start all services of the file, like `docker compose up`; kill them at the end."""
    services = read(CELERY, around.dotenv)
    running: list[Service] = []
    # Postgres' user cannot read below pytest's folders.
    cluster = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        environment = services["postgres"]["environment"]
        postgres, postgres_port = servers.start_postgres(cluster, environment)
        running.append(postgres)
        redis, redis_port = servers.start_redis(folder, services["redis"])
        running.append(redis)
        places = _places(folder, free_port(), postgres_port, redis_port)
        yield _up(Containers(services, folder, places, running))
    finally:
        for service in running:
            sessions.kill(service)
        shutil.rmtree(cluster)


def _places(home: Path, api_port: int, postgres_port: int, redis_port: int) -> dict[str, str]:
    """Map the addresses and paths of the compose file to those on this machine."""
    return {
        "@postgres/": f"@127.0.0.1:{postgres_port}/",
        "redis:6379": f"127.0.0.1:{redis_port}",
        "api-server:8080": f"127.0.0.1:{api_port}",
        "localhost:8080": f"127.0.0.1:{api_port}",
        "localhost:8974": f"127.0.0.1:{free_port()}",
        "/opt/airflow": f"{home}",
    }


def _up(containers: Containers) -> Deployment:
    containers.build()
    containers.run("init")
    workers = {name: containers.start_worker(name) for name in WORKERS}
    for name in sorted(containers.airflow_services - {"volumes", "init", "worker"}):
        containers.start(name)
    client = Client(f"http://{containers.places['api-server:8080']}", USER, PASSWORD)
    client.wait_ready(containers.started)
    return Deployment(containers, client, workers)
