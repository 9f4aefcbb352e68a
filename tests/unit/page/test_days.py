"""The days of the grid, built from records."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from amplitude_export.page.days import Day, Records, days_of
from amplitude_export.page.looks import newest_looks
from amplitude_export.page.overview import ProjectDays
from amplitude_export.page.reader import Attempt
from amplitude_export.page.records import (
    Run,
    ledgers_of,
    newest_hours,
    newest_loads,
    newest_runs,
)
from amplitude_export.page.responses import csv_body, day_body
from amplitude_export.page.states import State
from amplitude_export.page.summary import summary_of

from tests.unit.page.records import (
    NOW,
    TODAY,
    ago,
    grown,
    hours,
    ledger_day,
    ledger_event,
    load_event,
    look_event,
    project,
    run_record,
)


def grid(events: Any = (), runs: Any = (), ledger: Any = None, **records: Any) -> dict[int, Day]:
    """Return ten days by their age, 0 for today."""
    known = Records(
        loads=newest_loads(events),
        runs=newest_runs(map(Run.of, runs)),
        ledger=ledgers_of([(json.dumps(ledger["extra"]), NOW)], ago(9)).get("default")
        if ledger
        else None,
        **{"first_day": ago(9), **records},
    )
    return dict(enumerate(days_of(known, NOW, 10)))


def test_days_come_newest_first_and_today_is_not_due() -> None:
    """Yesterday is due, at nine in the morning."""
    days = grid()
    assert [day.day for day in days.values()] == [ago(n) for n in range(10)]
    assert days[0].state is State.NOT_DUE
    assert days[1].state is State.MISSING


def hours_event(day: date, *loaded: tuple[int, int, int], **changed: Any) -> dict[str, Any]:
    """Return the asset event of an hourly load: hour, events, and the hour of the export."""
    hours = [
        {
            "day": f"{day}",
            "hour": hour,
            "files": 1,
            "events": events,
            "bytes": 100,
            "exported_at": f"{TODAY}T{exported:02}:10:00Z",
        }
        for hour, events, exported in loaded
    ]
    extra = {"project": "default", "run_id": "hourly", "hours": hours, **changed}
    return {"id": 7, "timestamp": NOW.isoformat(), "source_run_id": "hourly", "extra": extra}


def test_hours_of_a_day_that_is_not_due_are_provisional() -> None:
    """By the newest export; of other days, projects and runs, and what users made up, none is."""
    found = newest_hours(
        [
            hours_event(TODAY, (4, 9, 7), (5, 50, 8)),
            hours_event(TODAY, (4, 5, 6)),
            hours_event(ago(1), (4, 9, 7)),
            hours_event(TODAY, (3, 9, 7), project="app"),
            hours_event(TODAY, (2, 9, 7), run_id="another"),
            hours_event(TODAY, (24, 9, 7)),
            {**hours_event(TODAY), "extra": None},
        ]
    )
    days = grid(hours=found)
    shown = {cell.hour: cell.state for cell in days[0].cells if cell.state is not State.NOT_DUE}
    assert shown == dict.fromkeys((4, 5), State.PROVISIONAL)
    assert (days[0].state, days[0].complete, days[0].events) == (State.PROVISIONAL, False, None)
    assert days[1].state is State.MISSING
    body = day_body(project(), days[0], Attempt())
    assert [body["hours"][4][key] for key in ("provisional", "provisional_at", "loaded")] == [
        9,
        f"{TODAY}T07:10:00Z",
        None,
    ]
    lines = csv_body([ProjectDays(project(), [days[0]])]).splitlines()
    assert lines[5] == f"{TODAY},4,provisional,,,,,,default,,,,9"
    assert grid([load_event(TODAY)], hours=found)[0].state is State.LOADED


def test_the_last_load_of_a_day_counts() -> None:
    """The events can be in any order; the older one is not shown."""
    old = load_event(ago(1), at=NOW - timedelta(hours=5), hours=hours(4))
    new = load_event(ago(1), at=NOW - timedelta(hours=1), hours=hours(5))
    for events in ([old, new], [new, old]):
        assert grid(events)[1].events == 24 * 5


def test_the_run_that_was_started_last_counts() -> None:
    """Even if it is the older one, after it was cleared: its day is running."""
    cleared = run_record(ago(1), "running", queued_at=NOW.isoformat(), start_date=None)
    other = run_record(ago(1), dag_run_id="by hand", run_type="manual")
    day = grid([load_event(ago(1))], [other, cleared])[1]
    assert day.state is State.RUNNING
    assert [run.run_id for run in day.runs] == [f"run of {ago(1)}", "by hand"]


def test_a_run_without_a_logical_date_is_of_the_day_it_would_load() -> None:
    """As `wait_for_day` decides: at nine in the morning that is yesterday."""
    run = run_record(ago(1), "failed", logical_date=None, run_after=NOW.isoformat())
    assert grid(runs=[run])[1].state is State.FAILED


def test_days_before_the_first_record_are_unknown() -> None:
    """From the first record until today, a day without record is missing."""
    days = grid([load_event(ago(3))], first_day=ago(3))
    states = [days[n].state for n in range(6)]
    assert states == [
        State.NOT_DUE,
        State.MISSING,
        State.MISSING,
        State.LOADED,
        State.UNKNOWN,
        State.UNKNOWN,
    ]


@pytest.mark.parametrize("read", [None, ledger_event(ledger_day(ago(3)))], ids=["", "ledger"])
def test_missing_begins_with_the_first_day_of_the_file(read: Any) -> None:
    """Whatever is on record; before it no day is due, and what was loaded is shown."""
    days = grid([load_event(ago(7))], ledger=read, first_day=ago(3), wanted_from=ago(5))
    states = [days[n].state for n in (1, 5, 6)]
    assert states == [State.MISSING, State.MISSING, State.NOT_WANTED]
    assert [days[n].state for n in (3, 7)] == (
        [State.LOADED, State.NOT_WANTED] if read else [State.MISSING, State.LOADED]
    )
    assert [n for n in days if days[n].due] == [1, 2, 3, 4, 5]
    assert summary_of(list(days.values()), NOW).days_due == 5


def test_no_day_is_missing_after_a_project_was_removed() -> None:
    """Before the last record some can be, as before."""
    loads = [load_event(ago(n)) for n in (6, 4)]
    days = grid(loads, [run_record(ago(3), "failed")], first_day=ago(6), removed=True)
    states = [State.FAILED, State.LOADED, State.MISSING, State.LOADED, State.UNKNOWN]
    assert [day.state for day in days.values()][:8] == [State.NOT_WANTED] * 3 + states
    assert {days[n].due for n in (0, 1, 2)} == {False}


def test_without_any_record_no_day_is_missing() -> None:
    """As before the first run."""
    assert {day.state for day in grid(first_day=None).values()} == {State.NOT_DUE, State.UNKNOWN}


def test_a_cancelled_run_that_did_nothing_changes_nothing() -> None:
    """Its day is still missing, or still unknown."""
    runs = [run_record(ago(2), "failed"), run_record(ago(8), "failed")]
    days = grid(runs=runs, idle=frozenset([ago(2), ago(8)]), first_day=ago(5))
    assert (days[2].state, days[8].state) == (State.MISSING, State.UNKNOWN)


def test_an_older_run_that_is_still_running_is_shown() -> None:
    """Although a newer one failed."""
    older = run_record(ago(1), "running", end_date=None)
    newer = run_record(ago(1), "failed", dag_run_id="by hand", queued_at=NOW.isoformat())
    assert grid(runs=[newer, older])[1].state is State.RUNNING


def test_the_day_of_a_green_run_without_its_event_is_unknown() -> None:
    """Not missing, and not loaded, because the number of events is unknown."""
    assert grid(runs=[run_record(ago(2))])[2].state is State.UNKNOWN


def test_the_ledger_has_days_whose_events_were_purged() -> None:
    """It also shows which days are missing without any record in Airflow."""
    days = grid(ledger=ledger_event(ledger_day(ago(5))), first_day=None)
    assert (days[5].state, days[5].events) == (State.LOADED, 240)
    assert days[5].loaded
    assert days[5].loaded.source == "ledger"
    assert days[6].state is State.MISSING


def test_a_load_after_the_ledger_was_read_is_newer() -> None:
    """The rows that were counted before do not apply to it."""
    read = ledger_event(ledger_day(ago(1), 10), at=NOW - timedelta(hours=2))
    later = load_event(ago(1), at=NOW - timedelta(hours=1), hours=hours(12))
    day = grid([later], ledger=read)[1]
    assert (day.state, day.events) == (State.LOADED, 288)


def test_the_ledger_is_newer_than_a_load_before_it() -> None:
    """It shows a day that was loaded from elsewhere, deleted by hand, or lost a row."""
    before = NOW - timedelta(hours=5)
    events = [load_event(ago(n), at=before) for n in (1, 2, 3, 4)]
    elsewhere = ledger_day(ago(1), 11, run_id="another Airflow")
    rows = [10] * 24
    rows[7] = 9
    ledger = ledger_event(elsewhere, ledger_day(ago(3), rows=rows), ledger_day(ago(4)))
    days = grid(events, ledger=ledger)
    assert (days[1].state, days[1].events) == (State.LOADED, 264)
    assert days[2].state is State.MISSING
    assert [cell.hour for cell in days[3].cells if cell.state is State.DIFFERS] == [7]
    assert days[4].state is State.LOADED


def test_rows_without_a_ledger_differ() -> None:
    """They were not written by the pipeline."""
    nothing = {"run_id": None, "loaded_at": None, "state": [None] * 24}
    day = grid(ledger=ledger_event(ledger_day(ago(2), 0, rows=[3] * 24, **nothing)))[2]
    assert (day.state, day.events) == (State.DIFFERS, None)


def test_each_window_of_a_failed_run_has_its_own_state() -> None:
    """Uploaded hours are exported, the others failed."""
    runs = [run_record(ago(1), "failed")]
    day = grid(runs=runs, landed={ago(1): dict.fromkeys(range(12), 5)})[1]
    assert [cell.state for cell in day.cells] == [State.EXPORTED] * 12 + [State.FAILED] * 12


UNREADABLE: dict[str, dict[str, Any]] = {
    "no extra": {"extra": {}},
    "another extra": {"extra": {"rows": 12}},
    "not a day": {"extra": {"day": "yesterday", "hours": hours()}},
    "23 hours": {"extra": {"day": "2026-11-23", "hours": hours()[:23]}},
    "text for a number": {"extra": {"day": "2026-11-23", "hours": hours(events="many")}},  # type: ignore[arg-type]
    "no extra at all": {"extra": None},
}


def test_a_ledger_that_cannot_be_read_is_skipped() -> None:
    """As if there were none."""
    short = ledger_day(ago(5), rows=[10] * 23)
    assert grid(ledger=ledger_event(short), first_day=None)[5].state is State.UNKNOWN


@pytest.mark.parametrize("broken", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_event_that_cannot_be_read_is_skipped(
    broken: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The others are shown, and the api-server's log names it."""
    odd = load_event(ago(1), number=77) | broken
    with caplog.at_level(logging.WARNING):
        days = grid([odd, load_event(ago(2))])
    assert (days[1].state, days[2].state) == (State.MISSING, State.LOADED)
    assert "77" in caplog.text


def test_events_of_the_first_version_can_be_read() -> None:
    """Their hours have no count of quarantined lines."""
    without = [{k: v for k, v in hour.items() if k != "quarantined"} for hour in hours()]
    assert grid([load_event(ago(1), hours=without)])[1].state is State.LOADED


def test_the_header_if_all_days_are_loaded() -> None:
    """Through the end of yesterday, nine hours ago; the median is of the same weekday."""
    events = [load_event(ago(n), hours=hours(20 if n == 1 else 10)) for n in range(1, 10)]
    summary = summary_of(list(grid(events).values()), NOW)
    assert summary.loaded_through == NOW.replace(hour=0)
    assert summary.behind_hours == 9.0
    assert summary.first_gap is None
    assert (summary.days_due, summary.days_complete, summary.hours_missing) == (9, 9, 0)
    assert summary.last_day
    assert (summary.last_day.day, summary.last_day.events) == (ago(1), 480)
    assert (summary.last_day.median, summary.last_day.of_days) == (240, 1)


def test_the_header_names_the_oldest_gap() -> None:
    """A loaded day that runs again is not a gap, and neither is an unknown one."""
    loaded = [load_event(ago(n)) for n in (1, 3, 4, 5, 6)]
    runs = [run_record(ago(2), "running"), run_record(ago(4), "running")]
    summary = summary_of(list(grid(loaded, runs, first_day=ago(6)).values()), NOW)
    assert summary.loaded_through == NOW.replace(hour=0)
    assert summary.first_gap == ago(2)
    assert (summary.days_due, summary.days_complete, summary.days_unknown) == (9, 4, 3)
    assert summary.hours_missing == 24


def test_the_header_without_any_load() -> None:
    """It has no freshness."""
    summary = summary_of(list(grid(first_day=None).values()), NOW)
    assert (summary.loaded_through, summary.behind_hours, summary.last_day) == (None, None, None)


def test_the_file_has_a_line_for_each_hour() -> None:
    """Project by project, newest day first, with empty fields for unknown numbers."""
    days = list(grid([load_event(ago(1))]).values())
    lines = csv_body(ProjectDays(project(name), days) for name in ("default", "app")).splitlines()
    assert lines[0] == (
        "day,hour,state,events,exported,files,bytes,quarantined,project,"
        "verified_at,new_at_source,gone_at_source,provisional"
    )
    assert len(lines) == 1 + 2 * 10 * 24
    assert lines[1] == f"{TODAY},0,not_due,,,,,,default,,,,"
    assert lines[25] == f"{date(2026, 11, 23)},0,loaded,10,10,1,100,0,default,,,,"
    assert lines[265] == f"{date(2026, 11, 23)},0,loaded,10,10,1,100,0,app,,,,"


EARLIER, LATER = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
CHANGED = {"new": 2, "gone": 1}
# Loads and second looks of a day; then whether it is verified, and its change and if replaced.
LOOKS: dict[str, tuple[list[Any], list[Any], bool, bool | None]] = {
    "the same": ([load_event(ago(1), at=EARLIER)], [look_event(ago(1))], True, None),
    "loaded again since, by the same run": (
        [load_event(ago(1), at=NOW)],
        [look_event(ago(1), at=LATER)],
        False,
        None,
    ),
    "of another run": (
        [load_event(ago(1), at=EARLIER)],
        [look_event(ago(1), compared_run_id="another")],
        False,
        None,
    ),
    "of another project": (
        [load_event(ago(1), at=EARLIER)],
        [look_event(ago(1), project="app")],
        False,
        None,
    ),
    "not a record": (
        [load_event(ago(1), at=EARLIER)],
        [look_event(ago(1), outcome=7)],
        False,
        None,
    ),
    "without a comparison, after one": (
        [load_event(ago(1), at=EARLIER)],
        [look_event(ago(1), at=LATER), look_event(ago(1), outcome="superseded")],
        True,
        None,
    ),
    "changed": ([load_event(ago(1), at=EARLIER)], [grown(ago(1))], False, False),
    "changed, and replaced": (
        [load_event(ago(1), at=NOW, run_id="look"), load_event(ago(1), at=EARLIER)],
        [grown(ago(1), at=LATER, run_id="look")],
        False,
        True,
    ),
    "changed, and loaded by another run": (
        [load_event(ago(1), at=NOW, run_id="accepted")],
        [grown(ago(1), at=LATER)],
        False,
        None,
    ),
    "not loaded any more": ([], [look_event(ago(1)), grown(ago(1))], False, None),
}


@pytest.mark.parametrize("case", LOOKS, ids=str)
def test_a_second_look_counts_for_what_it_compared(case: str) -> None:
    """A day is verified, or changed at source, as long as the load that was compared stays."""
    loads, looks, is_verified, replaced = LOOKS[case]
    for event in (*loads, *looks):
        event["source_run_id"] = event["extra"]["run_id"]
    day = grid(loads, looks=newest_looks(looks))[1]
    body = day_body(project(), day, Attempt())
    assert (body["verified_at"] is not None) == is_verified
    lines = csv_body([ProjectDays(project(), [day])]).splitlines()
    found = body["changed_at_source"]
    assert lines[1 + 7].endswith("Z,,," if is_verified else ",,2,1," if found else ",,,,")
    if replaced is None:
        assert found is None
        return
    assert (found["new"], found["gone"], found["replaced"]) == (2, 1, replaced)
    assert found["hours"] == [{"hour": 7, "before": 10, "now": 11, "new": 2, "gone": 1}]


def test_a_load_by_another_dag_since_the_days_run_is_named() -> None:
    """The run's counts are not those of that load; a load of the day's own runs has them."""
    ran = [run_record(ago(1)), run_record(ago(1), dag_run_id="first", start_date=None)]
    for run_id, at, named in [
        ("look", NOW, "look"),
        ("look", datetime.combine(TODAY, time.min, UTC), None),
        ("first", NOW, None),
    ]:
        load = load_event(ago(1), at=at, run_id=run_id)
        days = grid([{**load, "source_run_id": run_id}], ran)
        assert day_body(project(), days[1], Attempt())["loaded_since"] == named
    again = [run_record(ago(1), "running", end_date=None)]
    days = grid([load_event(ago(1), at=NOW)], again)
    assert day_body(project(), days[1], Attempt())["loaded_since"] is None


def test_the_ledger_knows_verified_days_whose_events_were_purged() -> None:
    """Of the load that it has."""
    at = "2026-11-24T07:00:00Z"
    verified = ledger_event(ledger_day(ago(1), verified_at=at))
    for loads in ([], [load_event(ago(1), at=EARLIER)]):
        days = grid(loads, ledger=verified)
        assert day_body(project(), days[1], Attempt())["verified_at"] == at
