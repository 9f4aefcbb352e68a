"""A loaded day does not shrink, and no older export replaces it, unless a person allows it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest
from amplitude_export.errors import CountsDiffer, FewerEvents, OlderExport, WarehouseRefused
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile

from tests.pipeline.stand_ins import Table

ALL = {
    "amplitude_raw": "export_hour, source_row",
    "amplitude_loads": "export_hour",
    "amplitude_files": "export_hour, kind",
}
EXPORTED = datetime(2026, 7, 2, 3, tzinfo=UTC)
HOURS = range(24)
_DAYS = count()

Counts = Mapping[int, int]


@pytest.fixture
def day() -> date:
    """A day that nothing has loaded."""
    return date(2025, 1, 1) + timedelta(days=next(_DAYS))


@pytest.fixture
def load(connect: Callable[[], Any], landed: Any, day: date) -> Callable[..., Any]:
    """Return a function that loads the day with these events, and quarantined lines, by hour."""

    def load(
        counts: Counts,
        run: str = "run",
        *,
        quarantined: Counts | None = None,
        exported_at: Mapping[int, datetime] | None = None,
        accept_fewer: bool = False,
    ) -> Any:
        files = [landed(hour, number, day=day) for hour, number in counts.items() if number]
        aside = [aside_file(hour, number) for hour, number in (quarantined or {}).items()]
        manifest = DayManifest(day, files, aside, dict(exported_at or {}))
        return load_day(connect, manifest, run, accept_fewer=accept_fewer)

    return load


def aside_file(hour: int, number: int) -> LandedFile:
    name = f"123456_2025-01-01_{hour:02}_0.txt"
    return LandedFile(hour, 0, name, f"python-import/quarantine/{name}", number, 9, "")


@pytest.fixture
def unchanged(table: Table, day: date) -> Callable[[], None]:
    """Remember every row of the day in the tables, and return a function that compares them."""

    def rows() -> list[Any]:
        query = "select * from {} where export_day = %s order by {}, 1"
        return [table.rows(query.format(*names), f"{day}") for names in ALL.items()]

    before = rows()

    def compare() -> None:
        assert rows() == before

    return compare


def loads(table: Table, day: date, columns: str) -> list[tuple[Any, ...]]:
    query = f"select hour(export_hour), {columns} from amplitude_loads where export_day = %s"
    found = table.rows(f"{query} order by 1", f"{day}")
    assert [hour for hour, *_ in found] == [*HOURS]
    return [row for _, *row in found]


def at(**hours: datetime | None) -> dict[int, datetime]:
    """Return EXPORTED for every hour, except for these: `h5=…`; None: unknown."""
    times = dict.fromkeys(HOURS, EXPORTED) | {int(name[1:]): at for name, at in hours.items()}
    return {hour: at for hour, at in times.items() if at}


SHRINKS: dict[str, tuple[Counts, Counts, str]] = {
    "every hour is gone": ({5: 3, 6: 4}, {}, "7 events, and this run has 0"),
    "an hour is gone": ({5: 3, 6: 400}, {6: 400}, "05:00: 3 before, 0 now"),
    "an hour is gone, and another has more": ({5: 3, 6: 4}, {6: 40}, "05:00: 3 before, 0 now"),
    "a day of 18 hours of 21": (
        dict.fromkeys(range(3, 24), 5),
        dict.fromkeys(range(3, 21), 5),
        "105 events, and this run has 90",
    ),
    "an hour is halved": ({5: 100, 6: 100}, {5: 50, 6: 100}, "05:00: 100 before, 50 now"),
    "just below 99 %": ({5: 100, 6: 99}, {5: 98, 6: 99}, "199 events, and this run has 197"),
    "every hour has one less": ({5: 50, 6: 50}, {5: 49, 6: 49}, "06:00: 50 before, 49 now"),
}


@pytest.mark.parametrize("case", SHRINKS, ids=str)
def test_a_day_that_would_shrink_is_refused_and_let_through_by_a_person(
    load: Any, table: Table, day: date, request: Any, case: str
) -> None:
    """The message has the numbers and both commands; accepted, the ledger names what was there."""
    before, now, numbers = SHRINKS[case]
    load(before, "the-first")
    unchanged = request.getfixturevalue("unchanged")
    with pytest.raises(FewerEvents) as raised:
        load(now, "the-second")
    unchanged()
    assert numbers in raised.value.what
    assert (
        f"airflow dags trigger amplitude_to_snowflake --logical-date {day}T00:01:00Z "
        """--conf '{"accept_fewer": true}' """
    ) in raised.value.do
    assert (
        f"airflow backfill create --dag-id amplitude_to_snowflake --from-date {day}T00:00:00Z "
        f"--to-date {day}T00:00:00Z --reprocess-behavior completed "
        """--dag-run-conf '{"accept_fewer": true}'"""
    ) in raised.value.do
    load(now, "the-second", accept_fewer=True)
    assert {hour: len(uuids) for hour, uuids in table.uuids(day).items()} == dict(now)
    assert loads(table, day, "events, replaced_events, replaced_run_id") == [
        [now.get(hour, 0), before.get(hour, 0), "the-first"] for hour in HOURS
    ]


PASSES: dict[str, tuple[Counts, Counts, str]] = {
    "nothing new": ({5: 3, 6: 4}, {5: 3, 6: 4}, ""),
    "an empty day": ({}, {}, ""),
    "an empty day that has events now": ({}, {5: 3}, ""),
    "more": ({5: 3, 6: 4}, {5: 4, 6: 4, 7: 1}, ""),
    "exactly 99 %": ({5: 50, 6: 50}, {5: 50, 6: 49}, "06:00: 50 before, 49 now"),
    "fewer in one hour, and more in another": (
        {5: 50, 6: 50},
        {5: 1, 6: 120},
        "05:00: 50 before, 1 now",
    ),
}


@pytest.mark.parametrize("case", PASSES, ids=str)
def test_a_day_that_keeps_its_hours_and_events_is_replaced(
    load: Any, table: Table, day: date, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    """A fall of at most one percent is logged."""
    before, now, logged = PASSES[case]
    load(before, "the-first")
    with caplog.at_level(logging.WARNING, "amplitude_export.load.guards"):
        load(now, "the-second")
    assert {hour: len(uuids) for hour, uuids in table.uuids(day).items()} == dict(now)
    warnings = [r.message for r in caplog.records if r.name.endswith("guards")]
    assert [logged in warning for warning in warnings] == [True] * bool(logged)


def test_a_first_load_replaces_nothing(load: Any, table: Table, day: date) -> None:
    """It needs no permission, and the ledger records it."""
    load({5: 3})
    assert loads(table, day, "replaced_events, replaced_run_id") == [[None, None]] * 24


def test_quarantined_lines_count_on_both_sides(load: Any, table: Table, day: date) -> None:
    """Strict, then with 5 of 100 lines quarantined, and back; REPLACED_EVENTS are rows."""
    load({5: 100})
    load({5: 95}, quarantined={5: 5})
    load({5: 0}, quarantined={5: 100})
    load({5: 99})
    load({5: 90}, quarantined={5: 9})
    with pytest.raises(FewerEvents, match=r"99 events, and this run has 95"):
        load({5: 90}, quarantined={5: 5})
    assert loads(table, day, "events, quarantined, replaced_events")[5] == [90, 9, 99]


def test_a_day_that_is_doubled_in_the_table_is_repaired(load: Any, table: Table, day: date) -> None:
    """The ledger is right, so the rows are not counted."""
    load({5: 3, 6: 4})
    where = f"where export_day = '{day}'"
    table.cursor.execute(f"insert into amplitude_raw select * from amplitude_raw {where}")
    load({5: 3, 6: 4}, "again")
    assert {hour: len(uuids) for hour, uuids in table.uuids(day).items()} == {5: 3, 6: 4}
    assert loads(table, day, "replaced_events")[5:7] == [[3], [4]]


BY_HAND = {
    "the whole ledger is doubled": "insert into amplitude_loads select * from amplitude_loads {}",
    "the ledger has no row": "delete from amplitude_loads {}",
    "an hour is missing": "delete from amplitude_loads {} and hour(export_hour) = 5",
    "an hour is under another day": (
        "update amplitude_loads set export_hour = dateadd(day, 1, export_hour) {} "
        "and hour(export_hour) = 5"
    ),
    "version 0.1 wrote the rows": "update amplitude_loads set quarantined = null {}",
}


@pytest.mark.parametrize("case", BY_HAND, ids=str)
def test_a_ledger_that_was_changed_by_hand_protects_and_is_repaired(
    load: Any, table: Table, day: date, request: Any, case: str
) -> None:
    """What it does not have is counted in the table."""
    load({5: 3, 6: 4}, "the-first")
    table.cursor.execute(BY_HAND[case].format(f"where export_day = '{day}'"))
    unchanged = request.getfixturevalue("unchanged")
    with pytest.raises(FewerEvents, match="05:00: 3 before, 0 now"):
        load({6: 4})
    unchanged()
    load({5: 3, 6: 4}, "the-second")
    assert loads(table, day, "events, replaced_run_id")[5:7] == [[3, "the-first"], [4, "the-first"]]


def test_rows_of_another_hour_count_where_the_ledger_has_nothing(
    load: Any, table: Table, day: date, request: Any
) -> None:
    """Something else has written them under the day; the load would delete them."""
    load({6: 400}, "the-first")
    table.cursor.execute(
        "update amplitude_raw set export_hour = dateadd(day, 1, export_hour) "
        f"where export_day = '{day}' and source_row = 1"
    )
    load({6: 400}, "again")
    table.cursor.execute(
        "update amplitude_raw set export_hour = dateadd(day, 1, export_hour) "
        f"where export_day = '{day}' and source_row = 1"
    )
    table.cursor.execute(f"delete from amplitude_loads where export_day = '{day}'")
    unchanged = request.getfixturevalue("unchanged")
    with pytest.raises(FewerEvents, match="06:00: 1 before, 0 now"):
        load({6: 400})
    unchanged()


def test_a_load_that_fails_later_keeps_the_ledger(
    load: Any, landed: Any, connect: Any, day: date, request: Any
) -> None:
    """A person has accepted fewer events, and then the counts differ: nothing has changed."""
    load({5: 3, 6: 4})
    unchanged = request.getfixturevalue("unchanged")
    broken = landed(6, 2, b'{"uuid": "1"}\n', day=day)
    with pytest.raises(CountsDiffer):
        load_day(connect, DayManifest(day, [broken]), "run", accept_fewer=True)
    unchanged()


OLDER = {
    "every hour": at(**{f"h{hour}": EXPORTED - timedelta(hours=1) for hour in HOURS}),
    "one hour, by a second": at(h7=EXPORTED - timedelta(seconds=1)),
    "one hour, and the others are newer": {
        hour: EXPORTED + timedelta(days=-1 if hour == 7 else 1) for hour in HOURS
    },
    "an empty hour": at(h0=EXPORTED - timedelta(seconds=1)),
}


@pytest.mark.parametrize("accept_fewer", [False, True])
@pytest.mark.parametrize("case", OLDER, ids=str)
def test_an_older_export_is_refused(
    load: Any, request: Any, case: str, *, accept_fewer: bool
) -> None:
    """It has as many events; the newer run and the task to clear are named."""
    load({7: 3}, "the-newer-run", exported_at=at())
    unchanged = request.getfixturevalue("unchanged")
    with pytest.raises(OlderExport, match="the run the-newer-run") as raised:
        load({7: 3}, "an-older-run", exported_at=OLDER[case], accept_fewer=accept_fewer)
    unchanged()
    assert "clear plan_windows" in raised.value.do
    assert "accept_fewer" not in str(raised.value)


NOT_OLDER = {
    "equal": at(),
    "newer": at(**{f"h{hour}": EXPORTED + timedelta(seconds=1) for hour in HOURS}),
    "unknown": {},
    "unknown in one hour": at(h7=None),
}


@pytest.mark.parametrize("case", NOT_OLDER, ids=str)
def test_an_export_that_is_not_older_is_loaded(
    load: Any, table: Table, day: date, case: str
) -> None:
    """The ledger then has its times."""
    load({7: 3}, exported_at=at())
    load({7: 3}, "again", exported_at=NOT_OLDER[case])
    times = [NOT_OLDER[case].get(hour) for hour in HOURS]
    assert loads(table, day, "exported_at") == [[t and t.replace(tzinfo=None)] for t in times]


def test_a_ledger_without_times_takes_any_export(load: Any, table: Table, day: date) -> None:
    """As 0.6 and earlier wrote it."""
    load({7: 3})
    load({7: 3}, exported_at=at(h7=datetime(2001, 1, 1, tzinfo=UTC)))
    assert loads(table, day, "exported_at")[7] == [datetime(2001, 1, 1)]


def test_a_clock_that_is_fast_does_not_lock_the_day(load: Any, table: Table, day: date) -> None:
    """The ledger's time is the warehouse's, at most, so that the next export is newer."""
    before = datetime.now(UTC)
    ahead = {**at(), 7: before + timedelta(days=365)}
    load({7: 3}, exported_at=ahead)
    load({7: 3}, "the same manifest again", exported_at=ahead)
    (recorded,) = loads(table, day, "exported_at")[7]
    assert before <= recorded.replace(tzinfo=UTC) <= datetime.now(UTC)
    assert loads(table, day, "exported_at")[8] == [EXPORTED.replace(tzinfo=None)]
    load({7: 3}, "the next export", exported_at=at(h7=datetime.now(UTC)))


def test_a_time_in_the_future_that_was_written_by_hand_does_not_lock_the_day(
    load: Any, table: Table, day: date
) -> None:
    """The hours beside it are still protected."""
    load({7: 3}, exported_at=at())
    table.cursor.execute(
        "update amplitude_loads set exported_at = '2999-01-01' "
        f"where export_day = '{day}' and hour(export_hour) = 7"
    )
    with pytest.raises(OlderExport, match="08:00 at"):
        load({7: 3}, exported_at=at(h8=EXPORTED - timedelta(seconds=1)))
    load({7: 3}, "the next export", exported_at=at())
    assert loads(table, day, "exported_at")[7] == [EXPORTED.replace(tzinfo=None)]


def test_times_in_another_zone_are_the_same_moment(load: Any, table: Table, day: date) -> None:
    """The ledger is in UTC."""
    from zoneinfo import ZoneInfo

    load({7: 3}, exported_at=at(h7=EXPORTED.astimezone(ZoneInfo("Asia/Tokyo"))))
    load({7: 3}, exported_at=at())
    assert loads(table, day, "exported_at")[7] == [EXPORTED.replace(tzinfo=None)]


COLUMNS = {
    "exported_at": "timestamp_ntz",
    "replaced_events": "number",
    "replaced_run_id": "varchar",
}


@pytest.mark.parametrize("missing", [*COLUMNS, "quarantined"])
def test_a_ledger_of_an_earlier_version_names_the_dag_to_trigger(
    load: Any, table: Table, day: date, missing: str
) -> None:
    """Nothing changes, whichever column is missing; with the column, the same load passes."""
    load({5: 3}, "the-first")
    kind = COLUMNS.get(missing, "number")
    before = (table.uuids(day), loads(table, day, "state, files, events"))
    table.cursor.execute(f"alter table amplitude_loads drop column {missing}")
    try:
        with pytest.raises(WarehouseRefused, match="amplitude_setup"):
            load({5: 4}, "the-second")
        assert (table.uuids(day), loads(table, day, "state, files, events")) == before
    finally:
        table.cursor.execute(f"alter table amplitude_loads add column {missing} {kind}")
    load({5: 4}, "the-second")
    assert table.ledger(day)[5] == ("loaded", 1, 4)


def test_a_database_without_the_ledger_of_files_names_the_dag_to_trigger(
    load: Any, table: Table, day: date, request: Any, tables: Any
) -> None:
    """Nothing changes; with the table, the same load passes."""
    load({5: 3}, "the-first")
    table.cursor.execute("alter table amplitude_files rename to files_of_later")
    try:
        before = table.uuids(day)
        with pytest.raises(WarehouseRefused, match="delete files day") as raised:
            load({5: 4}, "the-second")
        assert "run the DAG amplitude_setup" in raised.value.do
        assert table.uuids(day) == before
    finally:
        table.cursor.execute("alter table files_of_later rename to amplitude_files")
    load({5: 4}, "the-second")
    assert table.ledger(day)[5] == ("loaded", 1, 4)


def test_each_file_has_its_row(
    connect: Any, landed: Any, table: Table, day: date, tables: Any
) -> None:
    """Loaded or quarantined, with all that is known of it, and of the last load alone.

    Many files are one statement.
    """
    many = [landed(hour, 1, part=n, day=day) for hour in HOURS for n in range(3)]
    since = len(tables.statements)
    load_day(connect, DayManifest(day, many), "the-first")
    table.ledger(day)
    heads = [statement[:27] for statement in tables.statements[since:]]
    assert heads.count("insert into amplitude_files") == 1
    known = {"crc32": "AAAAAQ==", "json_bytes": 20, "json_crc32": "AAAAAg=="}
    file = msgspec.structs.replace(landed(5, 3, part=12, day=day), **known)
    load_day(connect, DayManifest(day, [file], [aside_file(6, 2)]), "last", accept_fewer=True)
    hour, late = datetime.combine(day, time(5)), datetime.combine(day, time(6))
    query = "select * exclude loaded_at from amplitude_files where export_day = %s order by kind"
    assert table.rows(query, f"{day}") == [
        ("default", "123456", day, hour, 12, "loaded", file.key, 3, file.bytes)
        + ("AAAAAQ==", 20, "AAAAAg==", "json", "last"),
        ("default", "123456", day, late, 0, "quarantined", aside_file(6, 2).key, 2, 9)
        + (None, None, None, "txt", "last"),
    ]
    query = "select count(*) from amplitude_files as f join amplitude_loads as l using (export_day)"
    query += " where f.export_day = %s and abs(datediff(second, f.loaded_at, l.loaded_at)) <= 5"
    assert table.rows(query, f"{day}") == [(48,)]


def test_gaps_are_named_in_the_log(
    connect: Any, day: date, landed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The hours that usually have events, and have none."""
    manifest = DayManifest(day, [landed(5, 1, day=day)], gaps=[3, 17])
    load_day(connect, manifest, "run")
    assert "confirmed it: 03:00, 17:00." in caplog.text


def test_of_two_loads_at_once_the_one_with_more_events_stays(
    load: Any, table: Table, day: date
) -> None:
    """The guard reads under the lock: whichever is the first, nothing that is loaded is lost."""
    load({5: 3})
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(load, counts, f"{counts}") for counts in ({5: 3, 6: 4}, {5: 3})]
        errors = [type(run.exception()) for run in runs]
    assert errors in ([type(None), type(None)], [type(None), FewerEvents])
    assert {hour: len(uuids) for hour, uuids in table.uuids(day).items()} == {5: 3, 6: 4}
    assert table.ledger(day)[6] == ("loaded", 1, 4)
