"""The count of a day at each station: archives, two manifests, table and ledger."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from local.launcher import sql
from local.launcher.reference import archives, events_by_hour
from local.launcher.report import DayCounts
from local.launcher.rest import Airflow

LOADED = """
select hour(export_hour), count(*)
from amplitude_raw
where project = %s and export_day = %s
group by 1
"""
LEDGER = """
select hour(export_hour), sum(events)
from amplitude_loads
where project = %s and export_day = %s
group by 1
"""


def count(
    client: Airflow,
    run_id: str,
    tasks: list[dict[str, Any]],
    connection: Any,
    data_dir: Path,
    project: str,
    day: date,
) -> DayCounts:
    """Count the events of the project's day at every station."""
    unpacked = _manifests(client, tasks, "stage_window.decompress")
    uploaded = _manifests(client, tasks, "stage_window.upload")
    windows = [manifest["window"]["label"] for manifest in unpacked]
    stored = archives(data_dir, project, day, run_id, windows)
    return DayCounts(
        exported=events_by_hour(stored) if stored else None,
        unpacked=_sum(unpacked, "events"),
        uploaded=_sum(uploaded, "events"),
        loaded=Counter(dict(_by_hour(connection, LOADED, project, day))),
        ledger=dict(_by_hour(connection, LEDGER, project, day)),
        files=_sum(uploaded, None),
        bytes=_sum(uploaded, "bytes"),
    )


def _by_hour(connection: Any, query: str, project: str, day: date) -> list[tuple[int, int]]:
    found = sql.rows(connection, query, project, str(day))
    return [(int(hour), int(events)) for hour, events in found]


def _manifests(client: Airflow, tasks: list[dict[str, Any]], task_id: str) -> list[dict[str, Any]]:
    # The results of windows of an earlier plan remain; their instances are in the state `removed`.
    return [
        client.result(task)
        for task in tasks
        if task["task_id"] == task_id and task["state"] == "success"
    ]


def _sum(manifests: list[dict[str, Any]], measure: str | None) -> Counter[int]:
    """Add up a measure of the manifests' files by hour; without one, count the files."""
    total: Counter[int] = Counter()
    for manifest in manifests:
        for file in manifest["files"]:
            total[file["hour"]] += file[measure] if measure else 1
    return total
