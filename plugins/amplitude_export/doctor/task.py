"""The doctor's tasks, for `amplitude_doctor` and for the end of `amplitude_setup`.

Only `report` fails for a finding; it has the findings of all tasks.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import task, task_group

from amplitude_export.record import Record, from_record, to_record
from amplitude_export.settings import BUCKET, DATA_DIR, DEPLOYMENT, variable

if TYPE_CHECKING:
    from amplitude_export.doctor.check import Check

log = logging.getLogger(__name__)

# Tasks that look for the marker on the volume: enough to run on most workers.
PROBE_TASKS = 6


@task_group
def doctor() -> None:
    """Check everything that a daily run relies on; `report` fails if a check failed."""
    data_dir = variable(DATA_DIR, "")
    bucket, deployment = variable(BUCKET, ""), variable(DEPLOYMENT, "")
    marked = mark_volume(data_dir)
    seen = see_mark.partial(marked=marked, data_dir=data_dir).expand(
        number=list(range(PROBE_TASKS))
    )
    put = put_probe(bucket, deployment)
    copied = copy_probe(put, bucket, deployment)
    tried = try_transform(copied, deployment)
    report(ask_amplitude(), marked, seen, put, copied, tried, deployment)


# Runs after a failed set-up as well, because the checks then name what is missing. A dry run of the
# set-up skips all checks.
@task(trigger_rule="none_skipped")
def ask_amplitude() -> Any:
    """Check that Amplitude accepts the keys, and that its clock is this worker's."""
    from amplitude_export.doctor.run import examine_amplitude

    return _records(examine_amplitude())


@task(trigger_rule="none_skipped")
def mark_volume(data_dir: str) -> Any:
    """Check that the volume is mounted, writable and has room; write a marker for other workers."""
    from amplitude_export.doctor.check import State
    from amplitude_export.doctor.run import examine_volume
    from amplitude_export.doctor.shared import MarkedVolume, write_marker

    checks = examine_volume(data_dir)
    writable = {check.name: check.state is State.OK for check in checks}["volume.writable"]
    return to_record(MarkedVolume(checks, write_marker(data_dir) if writable else None))


# Airflow does not use the docstring of a mapped task.
@task(doc_md="Look for the marker from the worker that this task runs on.")
def see_mark(marked: Any, data_dir: str, number: int) -> Any:
    """Look for the marker from the worker that this task runs on."""
    from amplitude_export.doctor.shared import MarkedVolume, find_marker

    log.info("Probe %d of %d.", number + 1, PROBE_TASKS)
    marker = from_record(MarkedVolume, marked).marker
    return to_record(find_marker(data_dir, marker)) if marker else None


@task(trigger_rule="none_skipped")
def put_probe(bucket: str, deployment: str = "") -> Any:
    """Check that the uploader can put an object and do nothing else, and the public nothing."""
    from amplitude_export.doctor.run import examine_bucket

    return _records(examine_bucket(bucket, deployment))


@task
def copy_probe(put: Any, bucket: str, deployment: str = "") -> Any:
    """Check that the loader logs in, lists the object, has the rights of a load, and copies it."""
    from amplitude_export.doctor.run import examine_snowflake

    return _records(examine_snowflake(bucket, _checks(put, "put_probe"), deployment))


@task(trigger_rule="none_skipped")
def try_transform(copied: Any, deployment: str = "") -> Any:
    """Check that the service user can use the transformer's role, and that this worker has dbt."""
    from amplitude_export.doctor.run import examine_transform

    return _records(examine_transform(_checks(copied, "copy_probe"), deployment))


# Runs if a task before it died as well. After a dry run all of them were skipped, and so is this.
@task(trigger_rule="all_done_min_one_success")
def report(
    amplitude: Any,
    marked: Any,
    seen: Any,
    put: Any,
    copied: Any,
    tried: Any,
    deployment: str = "",
    ti: Any = None,
) -> Any:
    """Log a line for each check, and fail if one failed."""
    from amplitude_export.deployment import DEFAULT
    from amplitude_export.doctor.report import Report
    from amplitude_export.doctor.run import examine_shared
    from amplitude_export.doctor.shared import MarkedVolume, MarkerResult

    volume = None if marked is None else from_record(MarkedVolume, marked)
    checks = volume.checks if volume else _checks(None, "mark_volume")
    results = list(filter(None, from_record(list[MarkerResult | None], list(seen))))
    marker = volume and volume.marker
    incomplete = marker and len(results) < PROBE_TASKS
    found = Report(
        [
            *_checks(amplitude, "ask_amplitude"),
            *checks,
            *(_checks(None, "see_mark") if incomplete else examine_shared(checks, results)),
            *_checks(put, "put_probe"),
            *_checks(copied, "copy_probe"),
            *_checks(tried, "try_transform"),
        ],
        deployment=deployment or DEFAULT,
    )
    log.info("The doctor's report:\n%s", found.lines)
    ti.xcom_push(key="return_value", value=to_record(found))
    found.require_ok()


def _records(checks: Sequence[Check]) -> list[Record]:
    return [to_record(check) for check in checks]


def _checks(records: Sequence[Record] | None, task_id: str) -> list[Check]:
    from amplitude_export.doctor.check import Check, State

    if records is None:
        found = "the task did not finish"
        return [Check(task_id, State.FAILED, found, "see its log; clear it to check again.")]
    return from_record(list[Check], records)
