"""The tasks of the second look that the daily DAG does not have.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from amplitude_export.ledger import LookedAgain
from amplitude_export.record import Record, from_record, to_record
from amplitude_export.tasks.assets import SECOND_LOOK
from amplitude_export.tasks.own_day import own_days, require_own_day
from amplitude_export.window import whole_day
from amplitude_export.workspace import Workspace

log = logging.getLogger(__name__)

# Why a day goes no further.
_ENDS = {
    "same": "Amplitude has the events of {day} as the run {run} has loaded them: it is verified.",
    "not_loaded": "{day} is not loaded, or a part of it is missing from the ledger: there is "
    "nothing to compare. The daily DAG has to load it.",
    "superseded": "{day} was loaded again since this export ({run}): the export is too old to be "
    "compared. A run that is triggered now looks again.",
}


@task
def plan_days(ages: Sequence[int], dag_run: Any = None) -> list[Record]:
    """Return the days that are `second_look_days` old, each with the window of its 24 hours."""
    days = own_days(dag_run, ages)
    return [{"day": f"{day}", "window": to_record(whole_day(day))} for day in days]


@task(
    outlets=[SECOND_LOOK],
    map_index_template="{{ task.op_kwargs['exported']['window']['start'][:10] }}",
)
def compare(
    exported: Record,
    data_dir: str,
    run_id: str,
    project: str,
    ages: Sequence[int],
    dag_run: Any = None,
    outlet_events: Any = None,
) -> Any:
    """Compare the archive with what is loaded of the day; note in the ledger if it is the same."""
    from amplitude_export.archive import Exported
    from amplitude_export.second_look.compare import look_again
    from amplitude_export.warehouse.hook import WarehouseHook

    work = from_record(Exported, exported)
    day = require_own_day(work.window.day, dag_run, ages)
    workspace = Workspace.of(Path(data_dir), work.window, run_id, project)
    connect = WarehouseHook(query_tag=f"amplitude {day} {run_id} {project}").get_conn
    looked = look_again(connect, work, workspace, project, run_id)
    for hour in looked.hours:
        if hour.differs:
            log.warning(
                "%s %02d:00 has changed at Amplitude: %s lines when it was loaded, %s now; %s are "
                "new, %s are gone.",
                *(day, hour.hour, f"{hour.before:,}", f"{hour.now:,}"),
                *(f"{hour.new:,}", f"{hour.gone:,}"),
            )
    record = to_record(looked)
    outlet_events[SECOND_LOOK].extra = record
    return record


@task(map_index_template="{{ task.op_kwargs['looked']['day'] }}")
def decide(
    looked: Record,
    data_dir: str,
    run_id: str,
    project: str,
    ages: Sequence[int],
    dag_run: Any = None,
) -> None:
    """Let a changed day go on to the load; of any other, remove the archive and skip the rest.

    A day that has shrunk fails before anything of it is uploaded.
    """
    from amplitude_export.fewer_events import require_as_many
    from amplitude_export.second_look.compare import lines_of

    found = from_record(LookedAgain, looked)
    day = require_own_day(found.day, dag_run, ages)
    if end := _ENDS.get(found.outcome):
        Workspace.of(Path(data_dir), whole_day(day), run_id, project).remove()
        raise AirflowSkipException(end.format(day=day, run=found.compared_run_id))
    require_as_many(day, project, *lines_of(found))
