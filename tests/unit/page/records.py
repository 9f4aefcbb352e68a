"""Records in the form of Airflow's API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from amplitude_export.page.projects import DailyDag, ShownProject
from amplitude_export.projects import daily_dag_id

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def project(name: str = "default", **changed: Any) -> ShownProject:
    """Return a project of the file, with its daily DAG."""
    dag = DailyDag(name, daily_dag_id(name), active=True, is_paused=False)
    known = {"dag_id": dag.dag_id, "dag": dag, "removed": False, "first_day": None}
    return ShownProject(name, **{**known, **changed})


def hours(events: int = 10, **changed: Any) -> list[dict[str, Any]]:
    """Return 24 hours with so many events each."""
    state = "loaded" if events else "empty"
    entry = {"state": state, "files": 1, "events": events, "bytes": 100, "quarantined": 0}
    return [{"hour": hour, **entry, **changed} for hour in range(24)]


def load_event(day: date, *, at: datetime = NOW, number: int = 1, **extra: Any) -> dict[str, Any]:
    """Return the asset event of a load."""
    known = {
        "day": f"{day}",
        "run_id": f"run of {day}",
        "files": 24,
        "events": 240,
        "bytes": 2400,
        "hours": hours(),
        "query_ids": ["01b2"],
    }
    return {
        "id": number,
        "timestamp": at.isoformat(),
        "source_run_id": f"run of {day}",
        "extra": {**known, **extra},
    }


def look_event(day: date, *, at: datetime = NOW, **extra: Any) -> dict[str, Any]:
    """Return the asset event of a second look that compared the run of the day: it is the same."""
    numbers = {"before": 10, "now": 10, "new": 0, "gone": 0}
    known = {
        "day": f"{day}",
        "run_id": f"look at {day}",
        "project": "default",
        "outcome": "same",
        "compared_run_id": f"run of {day}",
        "hours": [{"hour": hour, **numbers} for hour in range(24)],
    }
    return {
        "id": 5,
        "timestamp": at.isoformat(),
        "source_run_id": f"look at {day}",
        "extra": {**known, **extra},
    }


def grown(day: date, **changed: Any) -> dict[str, Any]:
    """Return the event of a second look that found two new events at 07:00, and one gone."""
    hours = look_event(day)["extra"]["hours"]
    hours[7] |= {"now": 11, "new": 2, "gone": 1}
    return look_event(day, **{"outcome": "changed", "hours": hours, **changed})


def ledger_day(day: date, events: int = 10, **changed: Any) -> dict[str, Any]:
    """Return a day in the event of `record_ledger`."""
    return {
        "day": f"{day}",
        "run_id": f"run of {day}",
        "loaded_at": f"{day}T03:00:00Z",
        "state": ["loaded"] * 24,
        "files": [1] * 24,
        "events": [events] * 24,
        "bytes": [100] * 24,
        "quarantined": [0] * 24,
        "rows": [events] * 24,
        **changed,
    }


def ledger_event(*days: dict[str, Any], at: datetime = NOW, last: date = TODAY) -> dict[str, Any]:
    """Return the asset event of `record_ledger`, about 400 days."""
    span = {"first_day": f"{last - timedelta(days=399)}", "last_day": f"{last}"}
    extra = {"read_at": at.isoformat(), **span, "days": list(days)}
    return {"id": 9, "timestamp": at.isoformat(), "source_run_id": "doctor", "extra": extra}


def run_record(day: date, state: str = "success", **changed: Any) -> dict[str, Any]:
    """Return Airflow's record of a scheduled run."""
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return {
        "dag_run_id": f"run of {day}",
        "run_type": "scheduled",
        "state": state,
        "logical_date": f"{day}T00:00:00Z",
        "run_after": end.isoformat(),
        "queued_at": end.isoformat(),
        "start_date": (end + timedelta(seconds=2)).isoformat(),
        "end_date": (end + timedelta(minutes=3)).isoformat(),
        **changed,
    }
