"""SHOW and DESC describe parameters, columns, stages and file formats."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.local.warehouse_client import SETUP, Client


def test_a_parameter_shows_the_sessions_value(connect: Callable[..., Client]) -> None:
    """It is text, with its default and the level at which it was set."""
    session = connect(LOCK_TIMEOUT=7, TRANSACTION_ABORT_ON_ERROR=True)
    shown = {row[0]: row[1:4] for row in session.rows("show parameters in session")}
    assert shown["LOCK_TIMEOUT"] == ("7", "43200", "SESSION")
    assert shown["TRANSACTION_ABORT_ON_ERROR"] == ("true", "false", "SESSION")
    assert shown["QUOTED_IDENTIFIERS_IGNORE_CASE"] == ("false", "false", "")


def test_a_parameter_is_set_and_unset(connect: Callable[..., Client]) -> None:
    """LIKE then shows the value of ALTER SESSION, in any case."""
    session = connect()
    session.run("alter session set query_tag = 'a b', autocommit = false")
    assert session.rows("show parameters like 'query_t%'")[0][:2] == ("QUERY_TAG", "a b")
    assert session.rows("show parameters like 'AUTOCOMMIT'")[0][1] == "false"
    session.run("alter session unset query_tag, autocommit")
    assert session.rows("show parameters like 'query_t%'")[0][1:4] == ("", "", "")
    assert session.rows("show parameters like 'AUTOCOMMIT'")[0][1:4] == ("true", "true", "")


def test_a_table_is_described_in_snowflakes_types(client: Client) -> None:
    """DESC TABLE shows name, type and whether the column can be null."""
    described = {row[0]: (row[1], row[3]) for row in client.rows("desc table amplitude_raw")}
    assert described == {
        "JSON_DATA": ("VARIANT", "N"),
        "EXPORT_DAY": ("DATE", "N"),
        "EXPORT_HOUR": ("TIMESTAMP_NTZ(9)", "N"),
        "SOURCE_FILE": ("VARCHAR(16777216)", "N"),
        "SOURCE_ROW": ("NUMBER(38,0)", "N"),
        "LOADED_AT": ("TIMESTAMP_NTZ(9)", "N"),
        "RUN_ID": ("VARCHAR(16777216)", "N"),
        "PROJECT": ("VARCHAR(16777216)", "N"),
    }


def test_the_information_schema_knows_the_columns(client: Client) -> None:
    """Type names are without sizes, as in Snowflake."""
    rows = client.rows(
        "select column_name, data_type, is_nullable from information_schema.columns "
        "where table_name = 'AMPLITUDE_LOADS' and table_schema = current_schema() "
        "and column_name in ('QUARANTINED', 'EXPORT_HOUR', 'STATE') order by column_name"
    )
    assert rows == [
        ("EXPORT_HOUR", "TIMESTAMP_NTZ", "NO"),
        ("QUARANTINED", "NUMBER", "YES"),
        ("STATE", "TEXT", "NO"),
    ]


def test_a_stage_is_described(client: Client) -> None:
    """DESC STAGE shows URL, integration and file format."""
    described = {row[1]: row[3] for row in client.rows("desc stage amplitude_stage")}
    assert described == {
        "URL": f'["{SETUP["stage_url"]}"]',
        "STORAGE_INTEGRATION": "AMPLITUDE_S3",
        "FORMAT_NAME": "amplitude_json",
    }


def test_a_file_format_is_described_altered_and_dropped(client: Client) -> None:
    """DESC shows the given options and Snowflake's defaults for the others."""
    names = ("TYPE", "COMPRESSION", "MULTI_LINE", "STRIP_OUTER_ARRAY", "TRIM_SPACE")

    def described() -> list[str]:
        shown = {row[0]: row[2] for row in client.rows("desc file format amplitude_json")}
        return [shown[name] for name in names]

    assert described() == ["JSON", "AUTO", "false", "false", "false"]
    client.run("alter file format amplitude_json set compression = gzip strip_outer_array = true")
    assert described() == ["JSON", "GZIP", "false", "true", "false"]
    shown = client.rows("show file formats like 'amplitude_js%'")
    assert "AMPLITUDE_JSON" in [row[1] for row in shown]
    client.run("drop file format amplitude_json")
    with pytest.raises(ProgrammingError, match="AMPLITUDE_JSON' does not exist"):
        client.run("desc file format amplitude_json")
