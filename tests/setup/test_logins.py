"""The connection alone chooses how to log in to Snowflake (docs/security.md)."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.warehouse.hook import WarehouseHook
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from local.launcher.connections import private_key

SECURITY = Path(__file__).resolve().parents[2] / "docs" / "security.md"
EXTRA = {
    "account": "org-account",
    "role": "AMPLITUDE_LOADER",
    "warehouse": "AMPLITUDE",
    "database": "AMPLITUDE",
}


def arguments(monkeypatch: pytest.MonkeyPatch, password: str = "", **extra: str) -> dict[str, Any]:
    """Return the connector's arguments for a connection."""
    connection = {
        "conn_type": "snowflake",
        "login": "AMPLITUDE_AIRFLOW",
        "password": password,
        "schema": "RAW",
        "extra": {**EXTRA, **extra},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(connection))
    return WarehouseHook()._get_conn_params()


@pytest.fixture
def pem(tmp_path: Path) -> bytes:
    """A private key without a passphrase."""
    return private_key(tmp_path / "plain.p8")


def test_a_key_pair_comes_from_a_file_with_a_passphrase(
    pem: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection's password is the passphrase, and is not sent to Snowflake."""
    key = load_pem_private_key(pem, None)
    locked = tmp_path / "loader.p8"
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open it"))
    )
    given = arguments(monkeypatch, password="open it", private_key_file=str(locked))
    read = load_der_private_key(given["private_key"], None)
    assert read.public_key().public_numbers() == key.public_key().public_numbers()  # type: ignore[union-attr]
    assert not given.get("password")


def test_the_documented_command_makes_a_key_that_is_encrypted_with_aes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3DES is no longer considered secure; the hook reads the key with its passphrase."""
    (command,) = re.findall(r"^    (openssl genrsa .*)$", SECURITY.read_text(), re.M)
    monkeypatch.setenv("PASSPHRASE", "open it")
    run = partial(subprocess.run, shell=True, cwd=tmp_path, check=True, capture_output=True)
    run(f"{command} -passout env:PASSPHRASE")
    assert b"aes-256-cbc" in run("openssl asn1parse -in loader.p8").stdout
    key = str(tmp_path / "loader.p8")
    assert arguments(monkeypatch, password="open it", private_key_file=key)["private_key"]


def test_a_key_pair_can_be_stored_in_the_connection(
    pem: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra has the file as base64."""
    given = arguments(monkeypatch, private_key_content=b64encode(pem).decode())
    assert WarehouseHook().names(Deployment()).public_key
    assert given["private_key"]


def test_a_programmatic_access_token_is_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector receives it as a token."""
    given = arguments(monkeypatch, password="a token", authenticator="programmatic_access_token")
    assert (given["authenticator"], given["token"]) == ("programmatic_access_token", "a token")
    assert WarehouseHook().names(Deployment()).public_key is None


def test_a_workload_identity_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector requests it from the cloud."""
    given = arguments(
        monkeypatch, authenticator="WORKLOAD_IDENTITY", workload_identity_provider="AWS"
    )
    assert given["authenticator"] == "WORKLOAD_IDENTITY"
    assert given["workload_identity_provider"] == "AWS"
    assert not given.get("password")
    assert WarehouseHook().names(Deployment()).public_key is None
