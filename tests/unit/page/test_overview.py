"""All projects at a glance."""

from __future__ import annotations

import json
from typing import Any

from amplitude_export.page.overview import DagRecords, ProjectDays, project_days, worst_first
from amplitude_export.page.projects import Projects
from amplitude_export.page.records import ledgers_of
from amplitude_export.page.responses import overview_body
from amplitude_export.page.states import State

from tests.unit.page.records import (
    NOW,
    ago,
    hours,
    ledger_day,
    ledger_event,
    load_event,
    project,
    run_record,
)


def row(
    name: str, loads: Any = (), runs: Any = (), ledger: Any = None, stuck: Any = (), **changed: Any
) -> ProjectDays:
    """Return ten days of a project."""
    loads = [each | {"extra": {**each["extra"], "project": name}} for each in loads]
    records = DagRecords(loads, list(runs), ago(9))
    ledgers = ledgers_of([(json.dumps(ledger["extra"]), NOW)] if ledger else [], ago(9))
    return project_days(project(name, **changed), records, ledgers.get(name), stuck, NOW, 10)


def test_each_due_day_is_counted_by_what_it_lacks() -> None:
    """Failed, never starting, incomplete, missing; a run cancelled in the queue is none of them."""
    odd = [load_event(ago(3), hours=hours(state="incomplete", quarantined=1))]
    runs = [
        run_record(ago(1), "failed"),
        run_record(ago(2), "queued", start_date=None, end_date=None),
        run_record(ago(4), "failed", start_date=None),
        run_record(ago(5), "running", end_date=None),
    ]
    loaded = [load_event(ago(n)) for n in (6, 7)]
    shown = row("app", [*odd, *loaded], runs, stuck={f"run of {ago(2)}"})
    (body,) = overview_body([shown], Projects([shown.project]), NOW)["projects"]
    assert {name: body[name] for name in body if name.startswith("days_")} == {
        "days_due": 9,
        "days_complete": 2,
        "days_missing": 3,
        "days_failed": 2,
        "days_incomplete": 1,
    }
    assert body["last_complete_day"] == f"{ago(6)}"
    states = ["not_due", "failed", "failed", "quarantined", "missing", "running"]
    assert [day["state"] for day in body["days"]] == [*states, *["loaded"] * 2, *["missing"] * 2]


def test_a_ledger_is_its_projects_own() -> None:
    """An event of the doctor without a project is of `default`."""
    event = ledger_event(ledger_day(ago(2)))
    theirs = ledger_event(ledger_day(ago(3)))
    theirs["extra"]["project"] = "app"
    assert [day.state for day in row("default", ledger=event).days[2:4]] == [
        State.LOADED,
        State.MISSING,
    ]
    assert [day.state for day in row("app", ledger=theirs).days[2:4]] == [
        State.MISSING,
        State.LOADED,
    ]


def test_the_worst_project_is_first_and_removed_ones_are_last() -> None:
    """Those that lack nothing are in the order of the file."""
    whole = [load_event(ago(n)) for n in range(1, 10)]
    rows = [
        row("web", whole),
        row("app", whole[2:]),
        row("gone", removed=True),
        row("default", whole),
        row("shop", whole[1:]),
    ]
    names = [each.project.name for each in worst_first(rows)]
    assert names == ["app", "shop", "web", "default", "gone"]
