"""Hourly runs: the newest hours, until the day's own run replaces them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import AnotherProject, CountsDiffer
from amplitude_export.hourly import task
from amplitude_export.hourly.hours import missing_windows
from amplitude_export.load.hours import load_hours
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile, Manifest
from amplitude_export.window import Window, midnight
from amplitude_export.workspace import provisional_key
from msgspec import structs

from local.export_api import ExportApi
from tests.pipeline.landed import events
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 7, 20)
HOUR = timedelta(hours=1)
Load = Callable[..., Any]


def at(hour: float, day: date = DAY) -> datetime:
    return midnight(day) + hour * HOUR


@pytest.fixture
def hours(s3: Any) -> Callable[..., Manifest]:
    """Return a function that lands hours of a day as an hourly run does: hour → events."""

    def land(
        exported: datetime, counts: dict[int, int], day: date = DAY, ids: str = "123456"
    ) -> Any:
        files = []
        for hour, count in counts.items():
            body, name = events(hour, count, f"{day}-"), f"{ids}_{day}_{hour:02}_0.json"
            key = provisional_key(day, name, exported, "AAAAAQ==")
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            files.append(LandedFile(hour, 0, name, key, count, len(body), "AAAAAQ=="))
        window = Window.between(at(min(counts), day), at(max(counts), day))
        return Manifest(window, files, exported_at=[exported] * len(window.hours))

    return land


@pytest.fixture
def load(connect: Any) -> Load:
    """Return the load of these manifests."""
    return lambda *manifests, run="hourly": load_hours(connect, manifests, run)


def counts(table: Table, day: date = DAY) -> dict[int, int]:
    return {hour: len(uuids) for hour, uuids in table.fresh(day).items()}


def test_each_run_requests_what_is_complete_and_not_loaded(
    connect: Any, hours: Any, load: Load, landed: Any, table: Table
) -> None:
    """A stretch of hours is one request; an hour without events stays unknown; final days are."""
    first, day = date(2026, 7, 10), date(2026, 7, 11)

    def missing(now: datetime) -> list[str]:
        windows = missing_windows(connect, [first, day], now)
        return [f"{window.day:%d} {window.label}" for window in windows]

    assert missing(at(3, first)) == []
    assert missing(at(3.2, first)) == ["10 00–00"]
    assert missing(at(5.5, day)) == ["10 00–23", "11 00–02"]
    load(hours(at(12, first), {0: 2, 1: 2, 4: 1}, first), hours(at(6, day), {1: 3}, day))
    assert missing(at(5.5, day)) == ["10 02–03", "10 05–23", "11 00–00", "11 02–02"]
    assert counts(table, first) == {0: 2, 1: 2, 4: 1}
    load_day(connect, DayManifest(first, [landed(4, 7, day=first)]), "daily")
    assert missing(at(5.5, day)) == ["11 00–00", "11 02–02"]
    assert counts(table, first) == {4: 7}
    assert counts(table, day) == {1: 3}


def test_an_hour_is_replaced_by_a_newer_export_and_never_by_an_older_one(
    hours: Any, load: Load, table: Table
) -> None:
    """The same export again is the same hour; several exports of a run count by the newest."""
    day = date(2026, 7, 12)
    assert load(hours(at(6, day), {1: 2, 2: 2}, day)).hours[1].events == 2
    load(hours(at(7, day), {1: 3}, day), hours(at(6.5, day), {1: 1}, day))
    assert counts(table, day) == {1: 3, 2: 2}
    loaded = load(hours(at(6, day), {1: 2, 2: 2}, day), run="older")
    assert [(hour.hour, hour.events) for hour in loaded.hours] == [(2, 2)]
    assert counts(table, day) == {1: 3, 2: 2}
    assert load(hours(at(6.5, day), {1: 2}, day)) is None
    rows = "select distinct run_id, exported_at from amplitude_provisional where export_hour = %s"
    assert table.rows(rows, f"{day} 01:00:00") == [("hourly", datetime(2026, 7, 12, 7))]


def test_a_late_run_changes_nothing(
    connect: Any, hours: Any, load: Load, landed: Any, table: Table
) -> None:
    """The day was loaded meanwhile; hours of another day are loaded all the same."""
    day, following = date(2026, 7, 14), date(2026, 7, 15)
    late = hours(at(26, day), {5: 9}, day)
    load_day(connect, DayManifest(day, [landed(5, 4, day=day)]), "daily")
    assert load(late) is None
    assert load(late, hours(at(6, following), {1: 1}, following)).hours[0].day == following
    assert counts(table, day) == {5: 4}
    assert table.uuids(day, table="amplitude_provisional") == {}


def test_hours_that_are_not_as_exported_change_nothing(
    hours: Any, load: Load, s3: Any, table: Table
) -> None:
    """Neither fewer events, nor another object, nor the keys of another project."""
    day = date(2026, 7, 16)
    load(hours(at(6, day), {1: 2}, day))
    fewer = hours(at(7, day), {1: 3}, day)
    (file,) = fewer.files
    with pytest.raises(CountsDiffer, match="4 exported, 3 copied"):
        load(replace_file(fewer, events=4))
    with pytest.raises(CountsDiffer, match=f"has {file.bytes} bytes in the bucket"):
        load(replace_file(fewer, bytes=1))
    with pytest.raises(AnotherProject, match="keys of another project"):
        load(hours(at(7, day), {1: 3}, day, ids="999"))
    assert counts(table, day) == {1: 2}


def replace_file(manifest: Manifest, **values: Any) -> Manifest:
    (file,) = manifest.files
    return structs.replace(manifest, files=[structs.replace(file, **values)])


def test_hours_fill_as_the_clock_passes_and_the_day_makes_them_final(
    dags: dict[str, Any],
    tables: Any,
    s3: Any,
    api: ExportApi,
    volume: Path,
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In Airflow: the day's own run replaces the hours by the same rows."""
    day = date(2026, 10, 20)
    monkeypatch.setattr(task, "datetime", Clock)

    def run(dag_id: str, hour: float) -> Any:
        Clock.at = api.now = at(hour, day)
        logical_date = at(hour, day) if dag_id == "amplitude_hourly" else at(0, day)
        return dags[dag_id].test(logical_date=logical_date)

    def expected(*complete: int) -> dict[int, list[str]]:
        uuids = api.expected_uuids(day)
        return {hour: sorted(uuids[hour]) for hour in complete if uuids.get(hour)}

    assert run("amplitude_hourly", 4.2).state == "success"
    assert table.fresh(day) == expected(0, 1)
    assert sorted(requested(api)) == ["18T00-23", "19T00-23", "20T00-01"]
    assert run("amplitude_hourly", 8.2).state == "success"
    assert table.fresh(day) == expected(*range(6))
    new = [each for each in requested(api)[3:] if each.startswith("20")]
    assert {each[-2:] for each in new} <= {"00", "05"}
    assert table.uuids(day) == {}
    assert [path for path in volume.rglob("*") if path.is_file()] == []
    assert run("amplitude_to_snowflake", 27).state == "success"
    assert table.fresh(day) == table.uuids(day) == expected(*range(24))
    late = run("amplitude_hourly", 27)
    states = {ti.task_id: str(ti.state) for ti in late.get_task_instances()}
    assert (late.state, states["load"]) == ("success", "skipped")


def requested(api: ExportApi) -> list[str]:
    """Return the windows of the requests so far."""
    return [f"{request.start[6:]}-{request.end[-2:]}" for request in api.requests]


class Clock:
    """The clock of `plan_windows`."""

    at = datetime.now(UTC)

    @classmethod
    def now(cls, zone: Any) -> datetime:
        return cls.at
