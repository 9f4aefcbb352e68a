"""A connection that is there but broken is not reported as missing, nor used as if empty."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from amplitude_export.bucket.hook import BucketHook
from amplitude_export.doctor.check import Check
from amplitude_export.doctor.run import examine_amplitude, examine_bucket, examine_snowflake
from amplitude_export.errors import BadSetting
from amplitude_export.export.hook import AmplitudeHook
from amplitude_export.ip_networks.hook import RegistryHook
from amplitude_export.tasks.connections import is_configured
from amplitude_export.warehouse.hook import WarehouseHook

SECRET = "a-secret-to-look-for"
BROKEN = {
    "cut": (f'{{"conn_type": "aws", "password": "{SECRET}', "not JSON"),
    "single quotes": (f"{{'password': '{SECRET}'}}", "not JSON"),
    "a comma too many": (f'{{"password": "{SECRET}",}}', "not JSON"),
    "another member": (f'{{"conn_type": "aws", "secret": "{SECRET}"}}', "has no secret"),
    "text as port": (f'{{"conn_type": "aws", "port": "{SECRET}"}}', "port"),
    "number as password": ('{"conn_type": "aws", "password": 12345}', "password is not text"),
    "a list": (f'["{SECRET}"]', "neither a JSON object nor a URI"),
    "quoted": (f"'{{{SECRET}}}'", "neither a JSON object nor a URI"),
    "a key alone": (SECRET, "neither a JSON object nor a URI"),
    "a slash in a URI": (f"aws://key:{SECRET}/x@", "not a URI"),
    "blanks": ("  ", "not a URI"),
    "extra cut": (json.dumps({"conn_type": "aws", "extra": f'{{"a": "{SECRET}'}), "extra is not"),
    "extra as list": (json.dumps({"conn_type": "aws", "extra": f'["{SECRET}"]'}), "extra is not"),
    "extra in a URI": (f"aws://?__extra__={SECRET}", "extra is not"),
}
READ: dict[str, tuple[str, Callable[[], Any]]] = {
    "amplitude_default": ("probe", lambda: AmplitudeHook().probe()),
    "npm_default": ("newest", lambda: RegistryHook().newest("x")),
    "aws_default": ("client", lambda: BucketHook().upload_client()),
    "snowflake_default": ("session", lambda: WarehouseHook().get_conn()),
    "aws_admin": ("is_configured", lambda: is_configured("aws_admin")),
    "snowflake_admin": ("is_configured", lambda: is_configured("snowflake_admin")),
}


@pytest.mark.parametrize("conn_id", READ)
@pytest.mark.parametrize("case", BROKEN)
def test_it_is_reported_as_broken(monkeypatch: pytest.MonkeyPatch, conn_id: str, case: str) -> None:
    """At once, by name, and without its text."""
    text, why = BROKEN[case]
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    with pytest.raises(BadSetting) as raised:
        READ[conn_id][1]()
    assert raised.value.what.startswith(f"The connection {conn_id} exists, but it is broken: ")
    assert why in raised.value.what
    error: BaseException | None = raised.value
    while error:
        assert SECRET not in repr(error)
        error = error.__cause__ or error.__context__


def test_a_missing_one_is_still_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test of its presence, and with Airflow's own error for a hook that needs it."""
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_ADMIN", raising=False)
    assert not is_configured("snowflake_admin")
    with pytest.raises(AirflowNotFoundException):
        WarehouseHook("snowflake_admin").get_conn()


@pytest.mark.parametrize(
    "text", ["aws://key:a%2Fb@/?region_name=x", '{"conn_type": "aws"}', '{"extra": "{}"}']
)
def test_a_good_one_is_read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Both forms, and one without a type."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_ADMIN", text)
    assert is_configured("aws_admin")
    assert BaseHook.get_connection("aws_admin")


CHECKS: dict[str, tuple[str, Callable[[], list[Check]]]] = {
    "amplitude_default": ("amplitude.credentials", examine_amplitude),
    "aws_default": ("bucket.credentials", lambda: examine_bucket("bucket", "")),
    "snowflake_default": ("snowflake.login", lambda: examine_snowflake("bucket", [], "")),
}


@pytest.mark.parametrize(
    "text", ["{", '{"conn_type": "x", "extra": {"region_name": 5, "role": 5}}']
)
@pytest.mark.parametrize("conn_id", CHECKS)
def test_the_doctor_has_the_words_of_the_tasks(
    monkeypatch: pytest.MonkeyPatch, conn_id: str, text: str
) -> None:
    """Of a connection that is broken, and of one with a member that cannot work."""
    name, examine = CHECKS[conn_id]
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    found = {check.name: check for check in examine()}[name]
    with pytest.raises(BadSetting) as raised:
        READ[conn_id][1]()
    assert (found.found, found.do) == (raised.value.what, raised.value.do)
