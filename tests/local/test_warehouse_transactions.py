"""The local warehouse has transactions and locks as Snowflake has them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

from local.warehouse.locks import TableLocks
from tests.local.warehouse_client import DAY, SQL, Client, lines, name_of

Land = Callable[[str, bytes], None]
Connect = Callable[..., Client]


def test_a_load_commits_as_one(client: Client, connect: Connect, land: Land) -> None:
    """Another session sees nothing before the commit, then the day and its 24 ledger rows."""
    land(name_of(7), lines({"n": 1}, {"n": 2}))
    reader = connect()
    client.run("begin transaction")
    client.file("warehouse/take_lock.sql", run_id="run")
    assert client.file("load/delete_day.sql", day=DAY).rowcount == 0
    client.copy([name_of(7)])
    assert client.file("load/count_hours.sql", day=DAY).fetchall() == [
        (datetime(2026, 9, 24, 7), 1, 2, "run")
    ]
    assert insert_ledger(client) == 24
    assert reader.count() == 0
    client.run("commit")
    assert reader.count() == 2
    assert reader.rows("select count(*), sum(events) from amplitude_loads") == [(24, 48)]


def insert_ledger(client: Client) -> int | None:
    row = {"day": DAY, "state": "loaded", "files": 1, "events": 2, "bytes": 3, "quarantined": 0}
    row |= {"run_id": "run", "query_id": "q", "project": "default", "project_id": "123456"}
    row |= dict.fromkeys(("exported_at", "replaced_events", "replaced_run_id"))
    hours = [row | {"hour": f"{DAY} {h:02}:00:00"} for h in range(24)]
    cursor = client.connection.cursor()
    cursor.executemany((SQL / "load/insert_ledger_hours.sql").read_text(), hours)
    return cursor.rowcount


def test_a_failed_statement_aborts_the_transaction(client: Client, land: Land) -> None:
    """Everything fails until it is closed; COMMIT fails too, and the delete is undone."""
    land(name_of(8), lines({"n": 1}))
    client.copy([name_of(8)])
    client.run("begin transaction")
    assert client.file("load/delete_day.sql", day=DAY).rowcount == 1
    with pytest.raises(DatabaseError):
        client.copy([name_of(22)])
    with pytest.raises(DatabaseError, match="aborted"):
        client.count()
    with pytest.raises(DatabaseError, match="aborted"):
        client.run("commit")
    client.run("rollback")
    assert client.count() == 1


def test_without_abort_on_error_a_careless_commit_loses_the_day(
    connect: Connect, land: Land
) -> None:
    """Snowflake's default: the transaction outlives a failed COPY, and COMMIT deletes the day."""
    careless = connect(TRANSACTION_ABORT_ON_ERROR=False)
    careless.set_up()
    land(name_of(9), lines({"n": 1}))
    careless.copy([name_of(9)])
    careless.run("begin transaction")
    careless.file("load/delete_day.sql", day=DAY)
    with pytest.raises(DatabaseError):
        careless.copy([name_of(22)])
    careless.run("commit")
    assert careless.count() == 0


def test_a_lock_that_is_not_released_in_time_is_error_625(client: Client, connect: Connect) -> None:
    """The error names the locked table, after the waiting session's own LOCK_TIMEOUT."""
    client.run("begin transaction")
    client.file("warehouse/take_lock.sql", run_id="first")
    with pytest.raises(ProgrammingError, match="has locked table 'AMPLITUDE_LOCK'") as raised:
        connect(LOCK_TIMEOUT=1).file("warehouse/take_lock.sql", run_id="second")
    assert raised.value.errno == 625


def test_a_lock_has_20_waiters_at_most() -> None:
    """The next one is refused at once, and the others wait on."""
    locks, free = TableLocks(), threading.Event()

    class Session:
        id = 1

        def give_up_if_vanished(self) -> None:
            """Never."""

        def must_stop(self) -> bool:
            return free.is_set()

    def wait(_: int) -> int | None:
        with pytest.raises(ProgrammingError) as raised:
            locks.take("A.B.T", Session(), 60)
        if "exceeds the 20 statements limit" in raised.value.msg:
            free.set()
        return raised.value.errno

    locks.take("A.B.T", Session(), 60)
    with ThreadPoolExecutor(21) as pool:
        assert sorted(pool.map(wait, range(21))) == [604] * 20 + [625]


def test_two_loads_of_one_day_at_once_end_as_one_day(
    client: Client, connect: Connect, land: Land
) -> None:
    """The second waits for the first, sees what it committed, and replaces it."""
    land(name_of(10), lines(*({"n": n} for n in range(100))))

    def load(run_id: str) -> None:
        session = connect()
        session.run("begin transaction")
        session.file("warehouse/take_lock.sql", run_id=run_id)
        session.file("load/delete_day.sql", day=DAY)
        session.copy([name_of(10)])
        session.run("commit")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(load, ["a", "b", "c"]))
    assert client.count() == 100


def test_a_vanished_client_holds_no_lock_for_long(client: Client, connect: Connect) -> None:
    """A killed loader's transaction is rolled back when the next one needs the lock."""
    killed = connect()
    killed.run("begin transaction")
    killed.file("warehouse/take_lock.sql", run_id="killed")
    killed.connection.rest.close()
    client.file("warehouse/take_lock.sql", run_id="next")
    assert client.rows("select locked_by from amplitude_lock") == [("next",)]


def test_closing_a_session_rolls_its_transaction_back(client: Client, connect: Connect) -> None:
    """No session waits for one that has logged out."""
    leaving = connect()
    leaving.run("begin transaction")
    leaving.file("warehouse/take_lock.sql", run_id="leaving")
    leaving.connection.close()
    client.file("warehouse/take_lock.sql", run_id="next")
    assert client.rows("select locked_by from amplitude_lock") == [("next",)]


def test_a_merge_runs_inside_a_transaction(client: Client) -> None:
    """It counts inserted and updated rows as Snowflake does."""
    client.run("create table t (k int, v int) ")
    client.run("insert into t values (1, 1)")
    client.run("begin")
    merged = client.rows(
        "merge into t using (select 1 as k, 5 as v union all select 2, 2) as s on t.k = s.k "
        "when matched then update set v = s.v when not matched then insert values (s.k, s.v)"
    )
    client.run("commit")
    assert merged == [(1, 1)]
    assert client.rows("select * from t order by k") == [(1, 5), (2, 2)]
