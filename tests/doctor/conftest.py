"""One deployment for all tests of the doctor; each test restores what it breaks."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from amplitude_export.warehouse.names import Names
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from local.aws import REGION, Account
from local.aws.process import started
from local.export_api import ExportApi
from local.warehouse import Warehouse
from tests.dbt_command import install_dbt
from tests.doctor.deployment import BUCKET, Deployment, environment


@pytest.fixture(scope="session", autouse=True)
def _quick_clients(nameless_callers: None) -> None:
    """Keep the checks quick, which create their own clients."""


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """AWS with the stack deployed. The stand-in's rules are global, so it has its own process."""
    file = tmp_path_factory.mktemp("aws") / "account.json"
    with started(file, BUCKET) as running:
        yield running


def key_pair() -> tuple[str, str]:
    """Return a private key in the form of the connection, and its public key for the user."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(private).decode(), b64encode(public).decode()


@pytest.fixture(scope="session")
def other_key() -> str:
    """A private key that no user of the warehouse has."""
    return key_pair()[0]


@pytest.fixture(scope="session")
def deployed(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Snowflake with everything that the set-up creates; it reads S3 by the integration's role."""
    private, public = key_pair()
    names = Names(
        "AMPLITUDE_AIRFLOW",
        "AMPLITUDE_LOADER",
        "AMPLITUDE",
        "AMPLITUDE",
        "RAW",
        public,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", account.snowflake.key_id)
        patch.setenv("AWS_SECRET_ACCESS_KEY", account.snowflake.secret)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        file = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
        with Warehouse(file, account.endpoint) as warehouse:
            patch.undo()
            deployment = Deployment(account, warehouse, names, private, file.parent)
            deployment.set_up()
            deployment.put_probe()
            yield deployment


@pytest.fixture
def deployment(
    deployed: Deployment,
    api: ExportApi,
    volume: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Deployment:
    """The deployment in Airflow's connections, with an empty volume."""
    deployed.volume = volume
    install_dbt(tmp_path, monkeypatch)
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", BUCKET)
    for name, value in environment(deployed.connections()).items():
        monkeypatch.setenv(name, value)
    return deployed
