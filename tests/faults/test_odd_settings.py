"""A connection that cannot work ends the day at the task that reads it, with no other try."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from amplitude_export.errors import BadSetting

from tests.faults.matrix import ARCHIVE, LANDED, Row, Stage

AMPLITUDE, AWS, SNOWFLAKE = "amplitude_default", "aws_default", "snowflake_default"
# The day has hours without events, of which export asks the ledger.
GAPS = (ARCHIVE, "gaps.json")
# The connection, the change of it, words of the message, and the files that the day leaves.
ODD: dict[str, tuple[str, dict[str, Any], str, tuple[str, ...]]] = {
    "zero-width space": (AMPLITUDE, {"password": "abc\u200bdef"}, "password", ()),
    "dash": (AMPLITUDE, {"login": "key\u2013key"}, "login", ()),
    "number as header": (AMPLITUDE, {"extra": {"timeout_s": 30}}, "timeout_s (extra)", ()),
    "profile": (AWS, {"extra": {"profile_name": "nobody"}}, "profile_name (extra)", LANDED),
    "option": (AWS, {"extra": {"config_kwargs": {"x": 1}}}, "config_kwargs (extra)", LANDED),
    "extra": (SNOWFLAKE, {"extra": "{"}, "its extra is not JSON", GAPS),
    "key": (SNOWFLAKE, {"extra": {"private_key_file": "/no/key"}}, "private_key_file", GAPS),
}


@pytest.mark.parametrize("fault", ODD)
def test_it_fails_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """The message names connection and member; the day stays as it was."""
    conn_id, change, words, files = ODD[fault]
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    given = {"conn_type": "aws"} | json.loads(os.environ.get(variable, "{}"))
    monkeypatch.setenv(variable, json.dumps(given | change))
    stage.require(Row(error=BadSetting, message=(conn_id, words), files=files))
    assert stage.pauses == []
