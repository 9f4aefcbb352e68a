"""The local warehouse runs the project's SQL as Snowflake does."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from amplitude_export.refused_lines import digest
from botocore.stub import Stubber
from snowflake.connector.errors import DatabaseError, ProgrammingError

from local.warehouse import Warehouse
from local.warehouse.s3_files import S3Files
from tests.local.warehouse_client import Client, lines, name_of

Land = Callable[[str, bytes], None]
Connect = Callable[..., Client]


def test_setup_runs_twice_and_keeps_the_rows(client: Client) -> None:
    """A second set-up changes nothing, and the lock table still has its one row."""
    client.file("warehouse/take_lock.sql", run_id="first")
    client.set_up()
    assert client.rows("select locked_by from amplitude_lock") == [("first",)]


def test_the_integration_describes_both_sides_of_the_trust(client: Client) -> None:
    """DESC INTEGRATION names the role, the external id and the user that would assume it."""
    described = {row[0]: row[2] for row in client.rows("desc integration amplitude_s3")}
    assert described["STORAGE_AWS_EXTERNAL_ID"] == "amplitude"
    assert described["STORAGE_AWS_ROLE_ARN"].endswith("role/snowflake-reader")
    assert described["STORAGE_AWS_IAM_USER_ARN"].startswith("arn:aws:iam::")
    assert described["STORAGE_ALLOWED_LOCATIONS"] == "s3://landing/python-import/"


def test_a_stage_outside_of_the_allowed_locations_is_refused(client: Client) -> None:
    """The integration allows one prefix; a stage on another one is an error."""
    with pytest.raises(ProgrammingError, match="not allowed by integration"):
        client.run("create stage other url = 's3://other/' storage_integration = amplitude_s3")


def test_list_shows_what_landed(client: Client, land: Land) -> None:
    """LIST names each object below the stage's prefix and its size."""
    land("listed/a.json", b"{}\n")
    assert client.rows("list @amplitude_stage/listed/")[0][:2] == (
        "s3://landing/python-import/listed/a.json",
        3,
    )


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("json", bytes), ("json.gz", gzip.compress)],
    ids=["plain", "gzipped"],
)
def test_copy_loads_each_line_with_its_origin(
    client: Client, land: Land, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    """A row has its file's key, its number in the file from 1, and the hour in the file's name."""
    name = name_of(2, ending)
    land(name, pack(b"\xef\xbb\xbf" + lines({"n": 1}) + b"\n  \n" + lines({"n": 2})))
    result = client.copy([name])
    assert result == [
        (f"s3://landing/python-import/{name}", "LOADED", 2, 2, 1, 0, None, None, None, None)
    ]
    rows = client.rows(
        "select json_data:n::int, export_day, export_hour, source_file, source_row, run_id "
        "from amplitude_raw order by source_row"
    )
    where = (date(2026, 9, 24), datetime(2026, 9, 24, 2), f"python-import/{name}")
    assert rows == [(1, *where, 1, "run"), (2, *where, 2, "run")]


def test_a_variant_comes_back_as_it_was(client: Client, land: Land) -> None:
    """64-bit integers, unicode, keys that differ by case and $insert_id come back unchanged."""
    event = {"$insert_id": "i-1", "uuid": "ü", "big": 2**63 - 1, "A": 1, "a": 2, "p": {"x": "é'"}}
    land(name_of(3), lines(event, event))
    client.copy([name_of(3)])
    rows = client.rows(
        'select json_data:"$insert_id"::string, json_data:uuid::string, json_data:big::number, '
        "json_data:A::int, json_data:a::int, json_data:p.x::string from amplitude_raw"
    )
    assert rows == [("i-1", "ü", 2**63 - 1, 1, 2, "é'")] * 2


def test_a_line_that_is_not_json_is_reported_with_file_and_line(client: Client, land: Land) -> None:
    """One bad line fails the whole COPY with its place, and nothing is loaded."""
    land(name_of(4), lines({"n": 1}))
    land(name_of(5), lines({"n": 1}) + b'{"n": \n')
    with pytest.raises(ProgrammingError) as raised:
        client.copy([name_of(4), name_of(5)])
    assert raised.value.errno == 100069
    assert f"File 'python-import/{name_of(5)}', line 2" in str(raised.value)
    assert client.count() == 0


NO_JSON = {
    "cut": b'{"n": ',
    "a key twice": b'{"n": 1, "n": 2}',
    "a key twice, once escaped": rb'{"n": 1, "\u006e": 2}',
    "half a surrogate pair": rb'{"n": "\ud83d"}',
    "too deep": b"[" * 50_000,
    "too large for a VARIANT": b'{"n": "' + b"x" * 2**24 + b'"}',
}


@pytest.mark.parametrize("ending", ["json", "json.gz"])
def test_text_of_staged_files_shows_the_lines_that_a_copy_refuses(
    client: Client, land: Land, ending: str
) -> None:
    """Each by its file, its number, which counts blank lines, and its digest."""
    good = [rb'{"n": "\ud83d\ude00 \\"}', b'"a, b"', b'{"n": ' + b"9" * 5000 + b"}", b"", b" \t"]
    text = b"\xef\xbb\xbf" + b"\r\n".join([*NO_JSON.values(), *good, b"x"])
    name = name_of(7, ending)
    land(name, gzip.compress(text) if ending == "json.gz" else text)
    found = client.file("load/select_refused_lines.sql", path=f"@amplitude_stage/{name}")
    lines = [*enumerate(NO_JSON.values(), start=1), (len(NO_JSON) + len(good) + 1, b"x")]
    assert found.fetchall() == [
        (f"python-import/{name}", number, digest(line)) for number, line in lines
    ]


@pytest.mark.parametrize("line", NO_JSON.values(), ids=NO_JSON)
def test_a_line_that_try_parse_json_refuses_is_refused_by_a_copy(
    client: Client, land: Land, line: bytes
) -> None:
    """Both judge alike."""
    land(name_of(8), line)
    with pytest.raises(ProgrammingError) as raised:
        client.copy([name_of(8)])
    assert raised.value.errno == 100069


def test_a_named_file_that_is_missing_is_an_error(client: Client) -> None:
    """A missing object in FILES is error 91016 with its name."""
    with pytest.raises(DatabaseError, match=r"Remote file '.*_23_0.json' was not found") as raised:
        client.copy([name_of(23)])
    assert raised.value.errno == 91016


def test_a_thousand_and_one_files_are_too_many(client: Client) -> None:
    """FILES takes at most 1,000 names."""
    with pytest.raises(ProgrammingError, match="1000"):
        client.copy([name_of(0)] * 1001)


def test_without_force_a_loaded_file_is_skipped(client: Client, land: Land) -> None:
    """DELETE does not clear the load history: the trap that FORCE = TRUE avoids."""
    land(name_of(6), lines({"n": 1}))
    client.copy([name_of(6)])
    client.run("delete from amplitude_raw")
    assert client.copy([name_of(6)], force=False) == [("Copy executed with 0 files processed.",)]


@pytest.mark.usefixtures("environment")
def test_access_denied_by_s3_is_reported(s3_endpoint: str, tmp_path: Path) -> None:
    """A refusal of S3 becomes Snowflake's error 91003 with the refusal's code."""
    files = S3Files(s3_endpoint)
    with Stubber(files._client) as stub:
        stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
        with pytest.raises(DatabaseError, match="Status Code: 403; Error Code: AccessDenied"):
            files.fetch("s3://landing/python-import/x.json", tmp_path / "x.json")


@pytest.mark.parametrize(
    ("sql", "errno", "sqlstate", "text"),
    [
        ("select * from nowhere", 2003, "42S02", "Object 'NOWHERE' does not exist or not"),
        ("update nowhere set a = 1", 2003, "42S02", "Object 'NOWHERE' does not exist or not"),
        ("desc stage nowhere", 2003, "02000", "NOWHERE' does not exist or not authorized"),
        ("desc integration nowhere", 2003, "02000", "'NOWHERE' does not exist or not authorized"),
        ("create stage s url = 's3://x/' storage_integration = no_one", 2003, "02000", "NO_ONE"),
        ("copy into amplitude_raw from @nowhere", 2003, "02000", "NOWHERE' does not exist"),
        ("selec 1", 1003, "42000", "Unexpected token"),
        ("select 'open", 1003, "42000", "syntax error"),
        ("select nothing from amplitude_raw", 904, "42000", "invalid identifier 'NOTHING'"),
        ("update amplitude_lock set run_id = 'x'", 904, "42000", "invalid identifier 'RUN_ID'"),
        ("alter table amplitude_raw rename column a to b", 904, "42000", "identifier 'A'"),
        ("alter table amplitude_raw add column project date", 1430, "42601", "'PROJECT' already"),
        (
            "alter table amplitude_raw add column if not exists a varchar default 'b'",
            1003,
            "42000",
            "IF NOT EXISTS and DEFAULT",
        ),
        ("select no_such_function(1)", 2003, "02000", "does not exist"),
        ("create procedure p() returns int as 'x'", None, None, "."),
    ],
)
def test_every_error_is_a_snowflake_error(
    client: Client, sql: str, errno: int | None, sqlstate: str | None, text: str
) -> None:
    """The client gets Snowflake's number, state and text at once, and never retries."""
    with pytest.raises(ProgrammingError, match=text) as raised:
        client.run(sql)
    assert errno in (None, raised.value.errno)
    assert sqlstate in (None, raised.value.sqlstate)


def test_count_if_is_null_if_no_row_satisfies_its_condition(client: Client) -> None:
    """By its page, as an aggregate and over a window."""
    values = "(values (1), (2)) as v(a)"
    assert client.rows(f"select count_if(a > 2), count_if(a > 1) from {values}") == [(None, 1)]
    over = "over (order by a rows between unbounded preceding and current row)"
    found = client.rows(f"select count_if(a > 1) {over} from {values} order by a")
    assert found == [(None,), (1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "create network policy office allowed_ip_list = ('192.0.2.1')",
        "use secondary roles all",
        "alter session set query_tag = 'a b', lock_timeout = 5",
    ],
)
def test_administration_is_accepted(client: Client, sql: str) -> None:
    """Statements without a meaning for the stand-in succeed without an effect."""
    assert client.rows(sql) == [("Statement executed successfully.",)]


def test_a_restart_keeps_rows_and_stage(s3_endpoint: str, tmp_path: Path, land: Land) -> None:
    """SIGTERM ends the process with code 0; the next one has all data, and copies at once."""
    land(name_of(11), lines({"n": 1}))
    first = Warehouse(file=tmp_path / "w.duckdb", s3_endpoint=s3_endpoint)
    with first:
        session = Client(**first.connection())
        session.set_up()
        session.copy([name_of(11)])
    assert first.returncode == 0
    with Warehouse(file=tmp_path / "w.duckdb", s3_endpoint=s3_endpoint) as second:
        session = Client(**second.connection())
        session.copy([name_of(11)])
        assert session.count() == 2
