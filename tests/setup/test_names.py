"""The names of the connection snowflake_default, and its key."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting
from amplitude_export.warehouse.names import Names
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from local.launcher.connections import private_key

GIVEN = {
    "user": "AMPLITUDE_AIRFLOW",
    "role": "AMPLITUDE_LOADER",
    "warehouse": "AMPLITUDE",
    "database": "AMPLITUDE",
    "schema": "RAW",
}


@pytest.mark.parametrize(
    ("field", "words"),
    [("user", "login"), ("role", "role"), ("warehouse", "warehouse"), ("schema", "schema")],
)
def test_a_name_that_the_connection_does_not_have_is_reported(field: str, words: str) -> None:
    """The set-up creates what the connection names, so every name is required."""
    with pytest.raises(BadSetting, match=f"snowflake_default has no {words}"):
        Names.of({**GIVEN, field: ""}, Deployment())


def test_the_public_key_is_derived_from_the_private_key(tmp_path: Path) -> None:
    """It has the form of RSA_PUBLIC_KEY; its fingerprint is the SHA-256 of its DER form."""
    key = load_pem_private_key(private_key(tmp_path / "key"), None)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    names = Names.of({**GIVEN, "private_key": der}, Deployment())
    public = base64.b64decode(names.public_key or "")
    digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
    assert names.fingerprint == f"SHA256:{digest}"
    assert names.values["schema"] == "AMPLITUDE.RAW"


def test_without_a_key_pair_there_is_no_public_key() -> None:
    """A token or a workload identity needs none."""
    assert Names.of(GIVEN, Deployment()).public_key is None
    assert Names.of(GIVEN, Deployment()).fingerprint is None


@pytest.mark.parametrize(
    ("field", "name"), [("database", "my-db"), ("schema", '"raw"'), ("user", "me@company")]
)
def test_a_name_that_needs_quotes_is_refused(field: str, name: str) -> None:
    """With and without quotes it would be two names."""
    with pytest.raises(BadSetting, match="not a plain name"):
        Names.of({**GIVEN, field: name}, Deployment())


def test_names_are_read_as_snowflake_reads_them() -> None:
    """Names without quotes are case-insensitive."""
    lower = {field: name.lower() for field, name in GIVEN.items()}
    assert Names.of(lower, Deployment()) == Names.of(GIVEN, Deployment())


def test_a_system_role_is_refused_as_loader() -> None:
    """It has more privileges than a load needs."""
    with pytest.raises(BadSetting, match="role SYSADMIN"):
        Names.of({**GIVEN, "role": "sysadmin"}, Deployment())


@pytest.mark.parametrize("role", ["owner", "transformer", "reader", "analyst"])
@pytest.mark.parametrize("deployment", ["", "test"])
def test_the_loader_is_none_of_the_other_roles(role: str, deployment: str) -> None:
    """The service user would get the rights of that role as well."""
    own = Deployment.of(deployment)
    with pytest.raises(BadSetting, match="the set-up creates for something else"):
        Names.of({**GIVEN, "role": getattr(own, role).lower()}, own)


@pytest.mark.parametrize("schema", ["gold", "SILVER"])
def test_the_raw_schema_is_none_of_the_transform(schema: str) -> None:
    """Those who read GOLD get each new table there, and so every raw event."""
    with pytest.raises(BadSetting, match=f"schema {schema.upper()}, which the set-up creates for"):
        Names.of({**GIVEN, "schema": schema}, Deployment())
