"""Loads and dbt reach the same host, however account and region of the connection are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting
from amplitude_export.transform.profile import Profile
from amplitude_export.warehouse.hook import WarehouseHook
from snowflake.connector.util_text import construct_hostname, parse_account

SNOWFLAKE = ".snowflakecomputing.com"


def host(given: Mapping[str, Any]) -> str:
    """Return the host as the connector does."""
    return given.get("host") or construct_hostname(given.get("region"), given["account"])


def logins(monkeypatch: pytest.MonkeyPatch, extra: dict[str, str]) -> tuple[Any, Any]:
    """Return the arguments of the loads' login, and those of dbt's."""
    extra = {"database": "D", "warehouse": "W", **extra}
    connection = {"conn_type": "snowflake", "login": "X", "password": "x", "schema": "RAW"}
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps({**connection, "extra": extra}))
    loads = WarehouseHook().arguments()
    return loads, json.loads(Profile.of(loads, Deployment()).text)["amplitude"]["outputs"][
        "warehouse"
    ]


@pytest.mark.parametrize(
    ("account", "region", "expected"),
    [
        ("xy12345", "eu-central-1", "xy12345.eu-central-1"),
        ("xy12345.eu-central-1", "eu-central-1", "xy12345.eu-central-1"),
        ("xy12345.eu-west-1", "eu-central-1", "xy12345.eu-central-1"),
        ("xy12345.eu-central-1", "", "xy12345.eu-central-1"),
        ("xy12345.west-europe.azure", "west-europe.azure", "xy12345.west-europe.azure"),
        ("xy12345.eu-central-1.privatelink", "", "xy12345.eu-central-1.privatelink"),
        ("xy12345", "us-west-2", "xy12345"),
        ("xy12345.us-west-2", "", "xy12345.us-west-2"),
        ("xy12345.us-west-2", "us-west-2", "xy12345.us-west-2"),
        ("org-acme", "", "org-acme"),
        ("org-acme_eu", "", "org-acme_eu"),
    ],
)
def test_dbt_reaches_the_host_of_the_loads(
    monkeypatch: pytest.MonkeyPatch, account: str, region: str, expected: str
) -> None:
    """dbt logs in to the same account; its adapter would change an underscore in a host's name."""
    loads, dbt = logins(monkeypatch, {"account": account, "region": region})
    assert dbt["host"] == host(loads) == expected + SNOWFLAKE
    assert construct_hostname(None, dbt["account"]) == dbt["host"]
    assert parse_account(dbt["account"]) == parse_account(loads["account"])


@pytest.mark.parametrize(
    ("account", "region"),
    [("xy12345", "cn-northwest-1"), ("xy12345.cn-northwest-1", ""), ("xy12345", "CN-north-1")],
)
def test_a_region_in_china_has_its_own_domain(
    monkeypatch: pytest.MonkeyPatch, account: str, region: str
) -> None:
    loads, dbt = logins(monkeypatch, {"account": account, "region": region})
    assert dbt["host"] == host(loads)
    assert dbt["host"].endswith(".snowflakecomputing.cn")
    assert construct_hostname(None, dbt["account"]) == dbt["host"]


def test_a_host_of_its_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of a private link or a proxy."""
    extra = {"account": "xy12345", "region": "eu-central-1", "host": "snowflake.internal"}
    loads, dbt = logins(monkeypatch, extra)
    assert dbt["host"] == loads["host"] == "snowflake.internal"
    assert parse_account(dbt["account"]) == "xy12345"


@pytest.mark.parametrize("member", ["user", "host", "warehouse", "account"])
@pytest.mark.parametrize("begin", ["{{", "{%", "{#"])
def test_no_member_is_a_template_of_dbt(member: str, begin: str) -> None:
    """dbt renders its profile: `env_var` would send the private key to the host as the user."""
    given = {"user": "X", "account": "acme", "schema": "RAW", "database": "D", "warehouse": "W"}
    with pytest.raises(BadSetting, match="snowflake_default cannot be used.*of a template"):
        Profile.of({**given, member: f"{begin} env_var('DBT_ENV_SECRET_PASSWORD')"}, Deployment())
