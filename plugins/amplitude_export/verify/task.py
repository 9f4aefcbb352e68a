"""The tasks of the doctor's DAG that restore the load history from the warehouse."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import task

from amplitude_export.errors import RecordInvalid
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.settings import DOCTOR
from amplitude_export.tasks.assets import AMPLITUDE_LOADS

log = logging.getLogger(__name__)


@task
def find_projects() -> list[str]:
    """Return the projects of the deployment's own file, then those that only the ledger has."""
    return _projects()


def _projects() -> list[str]:
    from amplitude_export.projects import read_config
    from amplitude_export.verify.load_history import loaded_projects

    configured = [project.name for project in read_config().projects]
    return list(dict.fromkeys(configured + loaded_projects(_connect())))


def _require_own_place(project: str, place: int) -> None:
    """Raise RecordInvalid unless the project has this place among the projects.

    The page reads the newest event of each place: a list by hand must not hide a project's own.
    """
    found = _projects()
    if found[place : place + 1] != [project]:
        raise RecordInvalid(
            f"The result of find_projects has {project!r} at place {place}; the projects are "
            f"{', '.join(found)}. Nothing was recorded.",
            "clear find_projects with everything downstream.",
        )


# Airflow does not use the docstring of a mapped task.
@task(
    outlets=[AMPLITUDE_LOADS],
    map_index_template="{{ task.op_kwargs['project'] }}",
    doc_md="Sends the last 400 days of the project, in ledger and table, as an event.",
)
def record_ledger(
    project: str = DEFAULT_PROJECT, outlet_events: Any = None, ti: Any = None
) -> None:
    """Send the last 400 days of ledger and table as an event, for days whose own were purged."""
    from amplitude_export.record import to_record
    from amplitude_export.verify.load_history import findings, read_ledger

    recorded = read_ledger(_connect(), datetime.now(UTC), project)
    _require_own_place(project, ti.map_index)
    for line in findings(recorded):
        log.info(line)
    outlet_events[AMPLITUDE_LOADS].extra = to_record(recorded)


def _connect() -> Any:
    from amplitude_export.warehouse.hook import WarehouseHook

    return WarehouseHook(query_tag=DOCTOR).get_conn
