"""Hours without events that had some in earlier weeks, from the response to ledger and manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.errors import GapNotConfirmed, PipelineError, WarehouseUnavailable
from amplitude_export.export.history import usual_hours
from amplitude_export.window import Window

from local.warehouse import Warehouse
from tests.archives import WHOLE_DAY, events, gz, name, zipped
from tests.faults.matrix import KEPT, NOW, SAMPLE, Row, Stage
from tests.pipeline.stand_ins import Table

# Weeks before the day: the number of events of an hour, and of its quarantined lines.
Weeks = Mapping[int, tuple[int, int | None]]
Remember = Callable[[int, Weeks], None]
BUSY: Weeks = {1: (7, 0), 2: (9, 0)}
# No archive is left.
EMPTY_DAY = ("loaded", "manifest.json")


@pytest.fixture
def remember(reader: Table) -> Iterator[Remember]:
    """Return a function that writes an hour of earlier weeks into the ledger."""

    def remember(hour: int, weeks: Weeks) -> None:
        for week, (number, quarantined) in weeks.items():
            day = WHOLE_DAY.day - week * timedelta(days=7)
            at = f"'{day} {hour:02}:00:00'"
            state = "loaded" if number else "empty"
            reader.rows(
                "insert into amplitude_loads (export_day, export_hour, state, files, events, bytes,"
                " quarantined, run_id, loaded_at) "
                f"select '{day}', {at}, '{state}', 1, {number}, 9, "
                f"{'null' if quarantined is None else quarantined}, 'r', {at}"
            )

    yield remember
    reader.rows("delete from amplitude_loads where export_day < %s", f"{WHOLE_DAY.day}")


# The weeks that the ledger knows of an hour; whether it usually has events.
HISTORIES: dict[str, tuple[Weeks, bool]] = {
    "nothing": ({}, False),
    "one week": ({1: (7, 0)}, False),
    "two weeks": ({1: (7, 0), 2: (1, 0)}, True),
    "the last of four": ({3: (1, 0), 4: (1, 0)}, True),
    "four weeks": ({1: (7, 0), 2: (1, 0), 3: (1, 0), 4: (9, 0)}, True),
    "one of them empty": ({1: (7, 0), 2: (1, 0), 3: (0, 0), 4: (9, 0)}, False),
    "one too long ago": ({4: (7, 0), 5: (7, 0)}, False),
    "an empty one too long ago": ({1: (7, 0), 2: (7, 0), 5: (0, 0)}, True),
    "quarantined lines alone": ({1: (0, 3), 2: (0, 1)}, True),
    "of version 0.1": ({1: (7, None), 2: (1, None)}, True),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_an_hour_is_usual_when_all_known_weeks_had_events(
    warehouse: Warehouse, remember: Remember, history: str
) -> None:
    """At least two of the four have to be known; hours outside of the window do not matter."""
    weeks, usual = HISTORIES[history]
    remember(5, weeks)
    remember(12, BUSY)

    def connect() -> Any:
        return snowflake.connector.connect(**warehouse.connection())

    assert usual_hours(connect, Window("2026-09-24T05", "2026-09-24T11")) == (
        {5} if usual else set()
    )
    assert usual_hours(connect, Window("2026-09-24T06", "2026-09-24T11")) == set()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def again(stage: Stage, after: float) -> PipelineError | None:
    """Run the next try of the tasks that are not done, so many minutes after NOW."""
    stage.api.now = NOW + minutes(after)
    return stage.run()


def require_waits(error: PipelineError | None, responses: int) -> None:
    """Assert that the try failed for a gap, with the number of responses so far."""
    assert isinstance(error, GapNotConfirmed), error
    assert f"{responses} such responses" in str(error)
    assert error.retry_after == minutes(10)


@pytest.mark.parametrize("fault", ["no_events", "empty_zip"])
def test_a_usual_day_that_is_empty_once_is_loaded_by_the_retry(
    stage: Stage, remember: Remember, fault: str
) -> None:
    """There is one request in the first try, the table is unchanged, and no hour becomes empty."""
    remember(14, BUSY)
    stage.api.fail(fault)
    error = stage.require(
        Row(error=GapNotConfirmed, message=("2026-09-24", ": 14."), files=("gaps.json",))
    )
    require_waits(error, 1)
    assert len(stage.statuses) == 1
    assert again(stage, 10) is None
    stage.require_loaded(SAMPLE)
    assert stage.files == KEPT
    assert stage.day.result("decompress_0")["gaps"] == []


def test_a_window_of_a_busy_day_is_not_lost(stage: Stage, remember: Remember) -> None:
    """A single 404 for one window of four; the other windows have no gap."""
    remember(14, BUSY)
    stage.with_day(window_hours=6).api.fail("no_events", covers="20260924T14")
    require_waits(stage.run(), 1)
    assert again(stage, 10) is None
    stage.require_loaded(SAMPLE)


@pytest.mark.parametrize(
    ("fault", "hour", "files"),
    [("no_events", 14, EMPTY_DAY), ("empty_zip", 14, EMPTY_DAY), (None, 5, KEPT)],
    ids=["404", "empty zip", "no member"],
)
def test_three_responses_over_twenty_minutes_make_a_usual_hour_empty(
    stage: Stage, remember: Remember, fault: str | None, hour: int, files: tuple[str, ...]
) -> None:
    """By Amplitude's clock; then it is named in the log and in the manifest."""
    remember(hour, BUSY)
    if fault:
        stage.api.fail(fault, times=None)
    for tries, after in enumerate((0, 10, 19.9), start=1):
        require_waits(again(stage, after), tries)
    assert again(stage, 20) is None
    stage.require_loaded({} if fault else SAMPLE)
    assert stage.files == files
    assert f"hours that usually have some: {hour:02}" in stage.seen()
    manifest = stage.day.result("upload_0")
    assert manifest["gaps"] == [hour]
    assert manifest["exported_at"] == ["2026-11-21T02:20:00Z"] * 24


@pytest.mark.parametrize("text", [b"", b"\n \r\n"], ids=["nothing", "blank lines"])
def test_a_member_without_events_is_a_gap(
    stage: Stage, remember: Remember, tmp_path: Path, text: bytes
) -> None:
    """The next response has the hour; an hour with one such part of two has events."""
    remember(2, BUSY)
    remember(14, BUSY)
    members = {name(2): gz(text), name(14): gz(text), name(14, 1): gz(events(2))}
    body = zipped(tmp_path / "made.zip", members).read_bytes()
    stage.api.fail("status", status=200, body=body, content_type="application/zip")
    error = stage.run()
    require_waits(error, 1)
    assert ": 02. So far" in str(error)
    assert again(stage, 10) is None
    stage.require_loaded(SAMPLE)


def test_the_same_response_again_is_no_further_evidence(stage: Stage, remember: Remember) -> None:
    """A proxy that repeats a stored 404 repeats its Date."""
    remember(14, BUSY)
    stage.api.fail("no_events", times=None)
    for tries in range(1, 7):
        require_waits(stage.run(), tries)


def test_a_response_with_the_hour_begins_the_count_again(stage: Stage, remember: Remember) -> None:
    """Hour 14 is there in the third response: the two before it were wrong."""
    remember(5, BUSY)
    remember(14, BUSY)
    stage.api.fail("no_events", times=2)
    for after in (0, 10):
        assert isinstance(again(stage, after), GapNotConfirmed)
    # Hour 5 alone is confirmed by the third response, and the day is loaded.
    stage.api.recover()
    assert again(stage, 20) is None
    assert stage.day.result("upload_0")["gaps"] == [5]


def test_both_halves_of_a_window_count_in_the_same_try(stage: Stage, remember: Remember) -> None:
    """The first gap does not hide the second one: three tries are enough for both."""
    remember(5, BUSY)
    remember(20, BUSY)
    stage.api.fail("too_large", above_hours=12)
    for after in (0, 10):
        assert ": 05, 20." in str(again(stage, after))
    assert again(stage, 20) is None
    assert stage.day.result("upload_0")["gaps"] == [5, 20]


def test_a_cleared_run_begins_afresh(stage: Stage, remember: Remember) -> None:
    """What an earlier success has confirmed is no evidence for now."""
    remember(5, BUSY)
    for after in (0, 10, 20):
        error = again(stage, after)
    assert error is None
    stage.done.clear()
    require_waits(again(stage, 60), 1)


def test_a_ledger_that_does_not_respond_is_not_one_without_history(
    stage: Stage, remember: Remember
) -> None:
    """Airflow retries; the response counts all the same."""
    remember(5, BUSY)
    stage.warehouse.fail("refuse", errno=604, text="cancelled", statement="^select hour")
    error = stage.require(
        Row(
            error=WarehouseUnavailable,
            message=("select usual hours",),
            files=(*KEPT[:1], "gaps.json"),
        )
    )
    assert error
    require_waits(again(stage, 10), 2)
    assert again(stage, 20) is None


def test_without_a_gap_no_session_is_opened(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive has each hour, and there is no Snowflake connection at all."""
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT")
    members = {name(hour): gz(events(1, hour)) for hour in range(24)}
    body = zipped(tmp_path / "made.zip", members).read_bytes()
    stage.api.fail("status", status=200, body=body, content_type="application/zip")
    assert stage.run(until="upload") is None


def test_a_quiet_hour_costs_one_request_and_no_wait(stage: Stage, remember: Remember) -> None:
    """Hours 3 and 4 had no events in earlier weeks either."""
    for hour in (3, 4):
        remember(hour, {1: (0, 0), 2: (0, 0), 3: (0, 0)})
    assert stage.run() is None
    assert (stage.statuses, stage.pauses) == ([200], [])
    stage.require_loaded(SAMPLE)
