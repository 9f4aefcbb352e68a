"""The local warehouse fails on demand: the connector's errors, and the remaining state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from snowflake.connector.errors import DatabaseError, Error, ForbiddenError

from local.warehouse import Warehouse
from tests.local.warehouse_client import DAY, SQL, Client, lines, name_of

Land = Callable[[str, bytes], None]
Connect = Callable[..., Client]
Seen = Callable[[], list[int]]
# Seconds within which a client has the error, with the connector's pauses between tries.
SOON = 10


@pytest.fixture
def server(warehouse: Warehouse) -> Iterator[Warehouse]:
    yield warehouse
    warehouse.recover()


@pytest.fixture
def session(connect: Connect) -> Client:
    """A session and a table `t` with one row, 1."""
    opened = connect()
    opened.run("create table t (n int)")
    opened.run("insert into t values (1)")
    return opened


@pytest.fixture
def impatient(server: Warehouse, session: Client) -> Iterator[Client]:
    """A second session: one second for a statement, four for a silent server."""
    arguments = server.connection() | {"schema": session.connection.schema}
    opened = Client(**arguments | {"network_timeout": 1, "socket_timeout": 4})
    yield opened
    opened.connection.close()


@pytest.fixture
def seen(connect: Connect, session: Client) -> Seen:
    """Return the rows of `t` in another session."""
    other = connect()
    return lambda: [n for (n,) in other.rows("select n from t order by n")]


def number(session: Client, sql: str) -> int | None:
    """Return the number of the error that the statement gets soon."""
    began = time.monotonic()
    with pytest.raises(DatabaseError) as raised:
        session.run(sql)
    assert time.monotonic() - began < SOON
    return raised.value.errno


@pytest.mark.parametrize("refused", ["insert into t values (3)", "commit"])
def test_a_refused_statement_aborts_its_transaction(
    server: Warehouse, session: Client, seen: Seen, refused: str
) -> None:
    """The client gets number and text; COMMIT fails, nothing is stored, the session goes on."""
    server.fail("refuse", statement="VALUES .3|^commit", errno=100038, sqlstate="22018", text="No")
    session.run("begin")
    session.run("insert into t values (2)")
    with pytest.raises(DatabaseError, match=r"^100038 \(22018\): (None: )?No$") as raised:
        session.run(refused)
    assert raised.value.errno == 100038
    assert number(session, "commit") == 90232
    session.run("rollback")
    session.run("insert into t values (4)")
    assert seen() == [1, 4]


@pytest.mark.parametrize(("name", "left"), [("session_dies", [1]), ("lost_answer", [2])])
def test_a_commit_without_a_response_is_done_or_not(
    server: Warehouse, session: Client, connect: Connect, seen: Seen, name: str, left: list[int]
) -> None:
    """The client can't know: its session is gone for good. Its lock is free at once."""
    server.fail(name, statement="^commit")
    session.run("begin")
    session.run("delete from t")
    session.run("insert into t values (2)")
    assert number(session, "commit") == 390111
    assert number(session, "rollback") == 390111
    assert seen() == left
    connect(LOCK_TIMEOUT=0).run("delete from t")
    assert seen() == []


@pytest.mark.parametrize("name", ["unavailable", "reset", "unanswered"])
def test_a_statement_that_the_connector_retries_runs_once(
    server: Warehouse, session: Client, seen: Seen, name: str
) -> None:
    """There are two requests, one failed, and one statement and row; the client notices nothing."""
    server.fail(name, statement=f"insert into t select 5 as {name}")
    before = server.requests, server.failed
    assert session.run(f"insert into t select 5 as {name}").rowcount == 1
    assert (server.requests - before[0], server.failed - before[1]) == (2, 1)
    assert server.statements.count(f"insert into t select 5 as {name}") == 1
    assert seen() == [1, 5]


def test_a_slow_statement_is_polled_until_it_is_done(server: Warehouse, session: Client) -> None:
    """The request is sent once; its response is fetched after "in progress"."""
    server.fail("slow", seconds=4.5, statement="select 6")
    began = time.monotonic()
    assert session.rows("select 6") == [(6,)]
    assert time.monotonic() - began >= 4.5
    assert server.statements.count("select 6") == 1


def test_a_slow_statement_meets_the_statement_timeout(
    server: Warehouse, session: Client, connect: Connect
) -> None:
    """Error 630 after STATEMENT_TIMEOUT_IN_SECONDS, however long it would have taken."""
    server.fail("slow", seconds=3600, statement="select 7")
    assert number(connect(STATEMENT_TIMEOUT_IN_SECONDS=1), "select 7") == 630
    assert session.rows("select 7") == [(7,)]


def test_a_client_that_waits_longer_than_network_timeout_cancels(
    server: Warehouse, session: Client, impatient: Client
) -> None:
    """It gets error 604, for a slow statement and for a lock; the session goes on."""
    server.fail("slow", seconds=3600, statement="select 13")
    assert number(impatient, "select 13") == 604
    session.run("begin")
    session.run("delete from t")
    assert number(impatient, "delete from t") == 604
    session.run("rollback")
    assert impatient.run("delete from t").rowcount == 1


def test_a_hang_ends_with_the_server(s3_endpoint: str, environment: None, tmp_path: Path) -> None:
    """SIGTERM does not wait for it, and the process ends with code 0."""
    with ThreadPoolExecutor(1) as pool, Warehouse(tmp_path / "w.duckdb", s3_endpoint) as server:
        server.fail("hang", seconds=600, statement="select 9")
        waiting = pool.submit(ask, server.url, Client(**server.connection()), "select 9")
        while not server.failed:
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < SOON
    assert server.returncode == 0
    assert isinstance(waiting.exception(), requests.ConnectionError)


def ask(url: str, session: Client, sql: str) -> requests.Response:
    """Return the response without the connector's retries."""
    token = {"Authorization": f'Snowflake Token="{session.connection.rest.token}"'}
    query = f"{url}/queries/v1/query-request?requestId=1"
    return requests.post(query, headers=token, json={"sqlText": sql}, timeout=60)


def test_a_copy_that_loses_a_row_reports_it(server: Warehouse, client: Client, land: Land) -> None:
    """The last file's last row is missing in the table and in the copy's own count."""
    for hour in (2, 3):
        land(name_of(hour), lines({"n": 1}, {"n": 2}, {"n": 3}))
    server.fail("fewer_rows")
    copied = client.copy([name_of(2), name_of(3)])
    assert [row[1:4] for row in copied] == [("LOADED", 3, 3), ("LOADED", 3, 2)]
    found = "select split_part(source_file, '/', -1), max(source_row), count(*) from amplitude_raw"
    rows = client.rows(f"{found} group by 1 order by 1")
    assert rows == [(name_of(hour).rpartition("/")[2], n, n) for hour, n in ((2, 3), (3, 2))]


def test_a_copy_can_do_nothing(server: Warehouse, client: Client, land: Land) -> None:
    """Its result is that of a copy that found no file; the next one loads."""
    land(name_of(4), lines({"n": 1}))
    server.fail("copies_nothing")
    assert client.copy([name_of(4)]) == [("Copy executed with 0 files processed.",)]
    assert client.count() == 0
    assert client.copy([name_of(4)])[0][1:4] == ("LOADED", 1, 1)


def test_a_session_can_be_left_with_the_accounts_formats(
    server: Warehouse, session: Client
) -> None:
    """Until it sets both of its own."""
    server.fail("account_formats", statement="::date", times=None)
    for pinned in ("date_input_format", "timestamp_input_format"):
        with pytest.raises(DatabaseError, match="Date '2021-04-07' is not recognized") as refused:
            session.run("select '2026-09-24'::date")
        assert refused.value.errno == 100040
        session.run(f"alter session set {pinned} = 'AUTO'")
    session.run("select '2026-09-24'::date")


def test_the_statements_are_listed_without_their_headers(server: Warehouse, client: Client) -> None:
    """They are listed as started, oldest first, cut at 200 characters, if they ran."""
    known = len(server.statements)
    server.fail("session_dies", statement="select 11")
    client.file("load/delete_day.sql", day=DAY)
    client.run(f"select '{'x' * 300}'")
    assert number(client, "select 11") == 390111
    deleted, cut = server.statements[known:]
    _, _, statement = (SQL / "load/delete_day.sql").read_text().partition("*/")
    values = {"project": "'default'", "day": f"'{DAY}'"}
    assert deleted == statement.strip() % values
    assert cut == f"select '{'x' * 192}"


@pytest.mark.parametrize(
    ("name", "errno"), [("unavailable", 580503), ("reset", 250003), ("hang", 250003)]
)
def test_the_connector_gives_up_on_a_lasting_fault(
    server: Warehouse, impatient: Client, seen: Seen, name: str, errno: int
) -> None:
    """It fails after network_timeout without a run; later the same session works."""
    server.fail(name, times=None, statement="values .14")
    with pytest.raises(Error) as raised:
        impatient.run("insert into t values (14)")
    assert raised.value.errno == errno
    server.recover()
    impatient.run("insert into t values (15)")
    assert seen() == [1, 15]


@pytest.mark.parametrize(
    ("fault", "errno"),
    [
        ({"name": "refuse", "errno": 390100}, 390100),
        ({"name": "refuse", "errno": 390422}, 390422),
        ({"name": "unavailable", "status": 403}, 540001),
    ],
)
def test_a_refused_login_has_its_number(
    server: Warehouse, connect: Connect, fault: dict[str, Any], errno: int
) -> None:
    """Raised at once; the next login works."""
    server.fail(login=True, **fault)
    with pytest.raises(ForbiddenError if errno == 540001 else DatabaseError) as raised:
        connect()
    assert raised.value.errno == errno
    assert connect().rows("select 1") == [(1,)]


@pytest.mark.parametrize("name", ["unavailable", "reset", "slow", "hang"])
def test_a_failed_login_is_retried(server: Warehouse, connect: Connect, name: str) -> None:
    """A single failure costs the client only a pause."""
    server.fail(name, login=True, seconds=0.2)
    assert connect().rows("select 1") == [(1,)]


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "flood"},
        {"name": "refuse", "colour": "red"},
        {"name": "refuse", "statement": "("},
        {"name": "fewer_rows", "login": True},
    ],
)
def test_an_unknown_fault_is_refused(server: Warehouse, fault: dict[str, Any]) -> None:
    """A test with an unknown fault fails at once, not by a fault that never comes."""
    with pytest.raises(ValueError, match="No such fault"):
        server.fail(**fault)
