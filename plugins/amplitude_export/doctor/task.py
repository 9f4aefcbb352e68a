"""The doctor's tasks, for `amplitude_doctor` and for the end of `amplitude_setup`.

None fails for what it finds but `report`, which says it all at once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import task, task_group

from amplitude_export.record import Record, from_record, to_record

if TYPE_CHECKING:
    from amplitude_export.doctor.check import Check

log = logging.getLogger(__name__)

# So many tasks look for the mark on the volume: enough to come by most workers there are.
PROBE_TASKS = 6


@task_group
def doctor() -> None:
    """Looks at everything that a daily run relies on; `report` fails if something is wrong."""
    data_dir = "{{ var.value.get('amplitude_data_dir', '') }}"
    bucket = "{{ var.value.get('amplitude_bucket', '') }}"
    marked = mark_volume(data_dir)
    seen = see_mark.partial(marked=marked, data_dir=data_dir).expand(
        looker=list(range(PROBE_TASKS))
    )
    put = put_probe(bucket)
    copied = copy_probe(put, bucket)
    report(ask_amplitude(), marked, seen, put, copied, try_transform(copied))


# Also after a set-up that failed: what is missing is what helps then. A dry run skips all of it.
@task(trigger_rule="none_skipped")
def ask_amplitude() -> Any:
    """Amplitude takes the keys, and its clock is this worker's."""
    from amplitude_export.doctor.run import examine_amplitude

    return _records(examine_amplitude())


@task(trigger_rule="none_skipped")
def mark_volume(data_dir: str) -> Any:
    """The volume is there, writable and has room; leaves a mark on it for the other workers."""
    from amplitude_export.doctor.check import State
    from amplitude_export.doctor.run import examine_volume
    from amplitude_export.doctor.shared import leave_mark

    checks = examine_volume(data_dir)
    writable = {check.name: check.state is State.OK for check in checks}["volume.writable"]
    return {"checks": _records(checks), "mark": leave_mark(data_dir) if writable else None}


# Airflow takes the doc of a task that is expanded from here only.
@task(doc_md="Looks for the mark from whichever worker this task runs on.")
def see_mark(marked: Any, data_dir: str, looker: int) -> Any:
    """Looks for the mark from whichever worker this task runs on."""
    from amplitude_export.doctor.shared import find_marker

    log.info("Looker %d of %d.", looker + 1, PROBE_TASKS)
    return to_record(find_marker(data_dir, marked["mark"])) if marked["mark"] else None


@task(trigger_rule="none_skipped")
def put_probe(bucket: str) -> Any:
    """The uploader may put one object and do nothing else; without credentials nobody may."""
    from amplitude_export.doctor.run import examine_bucket

    return _records(examine_bucket(bucket))


@task
def copy_probe(put: Any, bucket: str) -> Any:
    """The loader logs in, sees the object, may do what a load does, and copies it."""
    from amplitude_export.doctor.run import examine_snowflake

    return _records(examine_snowflake(bucket, _checks(put, "put_probe")))


@task(trigger_rule="none_skipped")
def try_transform(copied: Any) -> Any:
    """The service user takes the transformer's role, which may do its work; this worker has dbt."""
    from amplitude_export.doctor.run import examine_transform

    return _records(examine_transform(_checks(copied, "copy_probe")))


# Also when a task before it died. After a dry run nobody has looked.
@task(trigger_rule="all_done_min_one_success")
def report(
    amplitude: Any, marked: Any, seen: Any, put: Any, copied: Any, tried: Any, ti: Any = None
) -> Any:
    """Prints a line for each check, and fails when one failed."""
    from amplitude_export.doctor.report import Report
    from amplitude_export.doctor.run import examine_shared
    from amplitude_export.doctor.shared import MarkerResult

    volume = _checks(marked and marked["checks"], "mark_volume")
    sightings = [from_record(MarkerResult, sighting) for sighting in seen if sighting]
    blind = marked and marked["mark"] and len(sightings) < PROBE_TASKS
    found = Report(
        [
            *_checks(amplitude, "ask_amplitude"),
            *volume,
            *(_checks(None, "see_mark") if blind else examine_shared(volume, sightings)),
            *_checks(put, "put_probe"),
            *_checks(copied, "copy_probe"),
            *_checks(tried, "try_transform"),
        ]
    )
    log.info("The doctor's report:\n%s", found.lines)
    ti.xcom_push(key="return_value", value=to_record(found))
    found.require_ok()


def _records(checks: Sequence[Check]) -> list[Record]:
    return [to_record(check) for check in checks]


def _checks(records: Sequence[Record] | None, task_id: str) -> list[Check]:
    from amplitude_export.doctor.check import Check, State

    if records is None:
        found = "the task has not come to its end"
        return [Check(task_id, State.FAILED, found, "its log says why; clear it to look again.")]
    return from_record(list[Check], records)
