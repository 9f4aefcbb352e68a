"""A running warehouse and the S3 that it reads, one of each for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.warehouse import Warehouse
from tests.local.warehouse_client import BUCKET, OBJECTS, Client, as_administrator, as_role

SCHEMAS = count()
ROLES = count()
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    # Without it the connector requests instance metadata from the cloud's address.
    "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
}


def set_environment(patch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        patch.setenv(name, value)


@pytest.fixture(scope="session")
def s3_endpoint(s3_endpoint: str) -> str:
    """moto's S3 with an empty bucket."""
    with pytest.MonkeyPatch.context() as patch:
        set_environment(patch)
        boto3.client("s3", endpoint_url=s3_endpoint).create_bucket(Bucket=BUCKET)
    return s3_endpoint


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials of the local S3, for one test and the processes that it starts."""
    set_environment(monkeypatch)


@pytest.fixture
def land(s3_endpoint: str, environment: None) -> Callable[[str, bytes], None]:
    """Put a file into the stage."""
    client = boto3.client("s3", endpoint_url=s3_endpoint)

    def put(name: str, body: bytes) -> None:
        client.put_object(Bucket=BUCKET, Key=f"python-import/{name}", Body=body)

    return put


@pytest.fixture(scope="session")
def warehouse(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    file: Path = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    running = Warehouse(file=file, s3_endpoint=s3_endpoint)
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            set_environment(patch)
            stack.enter_context(running)
        yield running


@pytest.fixture
def connect(warehouse: Warehouse, environment: None) -> Iterator[Callable[..., Client]]:
    """Open sessions, all on one schema that no other test uses."""
    schema = f"RAW{next(SCHEMAS)}"
    opened: list[Client] = []

    def open_session(**session_parameters: Any) -> Client:
        arguments = warehouse.connection() | {"schema": schema}
        client = Client(**arguments, session_parameters=session_parameters)
        opened.append(client)
        return client

    yield open_session
    for client in opened:
        client.connection.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    """A session in which the set-up ran."""
    session = connect()
    session.set_up()
    return session


@pytest.fixture(scope="session")
def account(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """An account with one object of each kind."""
    file = tmp_path_factory.mktemp("account") / "warehouse.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        set_environment(patch)
        s3 = boto3.client("s3", endpoint_url=s3_endpoint)
        s3.put_object(Bucket=BUCKET, Key="python-import/granted/a.json", Body=b'{"a": 1}\n')
        with Warehouse(file=file, s3_endpoint=s3_endpoint) as running:
            session = as_administrator(running)
            for sql in OBJECTS:
                session.run(sql)
            yield running


@pytest.fixture
def admin(account: Warehouse) -> Iterator[Client]:
    session = as_role(account, "ACCOUNTADMIN", warehouse="W")
    yield session
    session.connection.close()


@pytest.fixture
def role(admin: Client) -> str:
    """A new role, without any grant."""
    name = f"ROLE_{next(ROLES)}"
    admin.run(f"create role {name}")
    return name


@pytest.fixture
def connect_role(account: Warehouse, role: str) -> Iterator[Callable[..., Client]]:
    """Open sessions of the new role; objects that it cannot see are not current in them."""
    opened: list[Client] = []

    def open_session(**changes: str) -> Client:
        opened.append(as_role(account, role, warehouse="W", **changes))
        return opened[-1]

    yield open_session
    for session in opened:
        session.connection.close()
