"""Reconciles one day across volume, bucket and warehouse.

Reads only. Table and bucket are always compared with the ledger, and with the archives as long as
the volume has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from amplitude_export.errors import PipelineError
from amplitude_export.ledger import DEFAULT_PROJECT, Hour
from amplitude_export.verify.hours import (
    BucketHours,
    Row,
    file_problems,
    ledger_problems,
    main_run,
    manifest_problems,
    of_day,
    some,
    without_ids,
)
from amplitude_export.verify.loaded_run import LoadedRun, has_loaded_mark, volume_problems
from amplitude_export.verify.reference import (
    ARCHIVE_ERRORS,
    NO_UUID,
    ExportedHour,
    exported_hour,
)
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import object_key, project_folder, quarantine_key


@dataclass
class Verdict:
    """The result for one day.

    `loaded`: the ledger has the day. `compared`: the volume has its archives, so each event was
    compared. `problems` break a guarantee; `notes` name what could not be compared, and objects
    that are not the day's own.
    """

    day: date
    loaded: bool = False
    compared: bool = False
    events: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify_day(
    connect: Connect, data_dir: Path, day: date, project: str = DEFAULT_PROJECT
) -> Verdict:
    """Compare everything that is stored of the project's day; change nothing.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    folder = project_folder(data_dir, project)
    verdict = Verdict(day, problems=volume_problems(folder, day))
    about = {"project": project, "day": f"{day:%Y-%m-%d}"}
    with Session.opened(connect, about) as session:
        ledger = session.run("verify/select_ledger")
        rows = session.run("verify/count_rows")
        verdict.loaded = bool(ledger)
        verdict.events = sum(row["EVENTS"] for row in rows)
        verdict.problems += ledger_problems(day, ledger, rows)
        files = session.run("load/select_files")
        verdict.problems += file_problems(day, ledger, files)
        if not files and any(row["FILES"] for row in ledger):
            verdict.notes.append("AMPLITUDE_FILES does not have the day: run amplitude_setup")
        # Without a ledger the table's rows name the run.
        if run_id := main_run(ledger or rows):
            run = LoadedRun.of_run(folder, day, run_id)
            stored = {row["EXPORT_HOUR"].hour for row in rows}
            _compare_manifests(run, ledger, verdict)
            _compare_events(session, run, stored, verdict)
            _compare_bucket(session, run, ledger, verdict)
        elif has_loaded_mark(folder, day):
            verdict.problems.append(
                "the volume has files of a run that was loaded, and neither ledger nor table has "
                "the day"
            )
    return verdict


def _compare_manifests(run: LoadedRun, ledger: Sequence[Row], verdict: Verdict) -> None:
    """Compare the manifests with the ledger."""
    verdict.problems += run.unreadable
    if run.skip_reason is None:
        verdict.problems += manifest_problems(run.day, run.whole.hours, ledger)


def _compare_events(
    session: Session, run: LoadedRun, hours: Container[int], verdict: Verdict
) -> None:
    """Compare the events of each hour by uuid; `hours` are those that have rows in the table."""
    if run.skip_reason:
        verdict.notes.append(f"events not compared one by one: {run.skip_reason}")
        return
    if missing := run.missing_archives:
        names = some((path.name for path in missing), most=24)
        verdict.notes.append(
            f"events of some hours not compared one by one: {names} are no longer on this volume"
        )
    verdict.compared = not missing
    for manifest in run.whole.hours:
        archives = run.archives(manifest.hour)
        if not set(missing).intersection(archives):
            # On a quiet day few hours have rows: the others need no query.
            has_rows = manifest.hour in hours
            _compare_hour(session, run.day, manifest, archives, run.refused, has_rows, verdict)


def _compare_hour(
    session: Session,
    day: date,
    manifest: Hour,
    archives: Sequence[Path],
    refused: frozenset[str],
    has_rows: bool,
    verdict: Verdict,
) -> None:
    """Compare the archives of one hour with its manifest, and with its rows in the table."""
    name = f"{manifest.hour:02}:00"
    try:
        exported = exported_hour(archives, manifest.hour, refused)
    except (*ARCHIVE_ERRORS, OSError, PipelineError) as error:
        verdict.problems.append(f"{name}: an archive on the volume is broken: {error}")
        return
    stored = _stored_hour(session, day, manifest.hour) if has_rows else Counter()
    differences = [
        *_differences(exported.uuids, stored),
        *_manifest_differences(exported, manifest),
    ]
    if differences:
        verdict.problems.append(f"{name}: {'; '.join(differences)}")
    if manifest.quarantined:
        verdict.notes.append(
            f"{name}: {manifest.quarantined:,} bad lines were quarantined, not loaded"
        )


def _manifest_differences(exported: ExportedHour, manifest: Hour) -> Iterator[str]:
    if manifest.quarantined != exported.bad_lines:
        yield (
            f"{exported.bad_lines:,} lines are not events, {manifest.quarantined:,} were "
            "quarantined"
        )
    for what, found, wanted in (
        ("files", exported.files, manifest.files),
        ("events", exported.uuids.total(), manifest.events),
    ):
        if found != wanted:
            yield f"the archives have {found:,} {what}, the manifest {wanted:,}"


def _stored_hour(session: Session, day: date, hour: int) -> Counter[str]:
    rows = session.run("verify/select_uuids", hour=f"{day:%Y-%m-%d} {hour:02}:00:00")
    return Counter(row["UUID"] or NO_UUID for row in rows)


def _differences(exported: Counter[str], stored: Counter[str]) -> Iterator[str]:
    surplus = stored - exported
    doubled = Counter({uuid: n for uuid, n in surplus.items() if uuid in exported})
    for what, uuids in (
        ("missing from the table", exported - stored),
        ("doubled in the table", doubled),
        ("in the table but not exported", surplus - doubled),
    ):
        if uuids:
            yield f"{uuids.total():,} {what} ({some(uuids)})"


def _compare_bucket(
    session: Session, run: LoadedRun, ledger: Sequence[Row], verdict: Verdict
) -> None:
    """Compare the day's objects with the manifests, and by hour with the ledger."""
    others = {row["PROJECT_ID"] for row in session.run("verify/select_other_ids")}
    listed = without_ids(session.listed(object_key(run.day, "")), others)
    files = sum(row["FILES"] for row in ledger)
    if files and not listed:
        verdict.notes.append("the bucket no longer has any of the day's objects")
        return
    quarantined = without_ids(session.listed(quarantine_key(run.day, "")), others)
    if run.skip_reason:
        _compare_recorded(run.day, ledger, listed, quarantined, verdict)
    else:
        _compare_objects(run, ledger, listed | quarantined, verdict)


def _compare_recorded(
    day: date,
    ledger: Sequence[Row],
    listed: dict[str, int],
    quarantined: dict[str, int],
    verdict: Verdict,
) -> None:
    """Note what bucket and ledger have differently; a lifecycle or a later run can be the cause."""
    bucket, bad = BucketHours(listed), BucketHours(quarantined)
    differing = bucket.differences(day, ledger)
    if differing or bucket.strangers:
        hours = ", ".join(f"{hour:02}:00 ({found})" for hour, found in differing.items())
        where = f"; hours that differ: {hours}" if hours else ""
        others = f"; of no hour: {some(bucket.strangers)}" if bucket.strangers else ""
        verdict.notes.append(
            f"the bucket has {len(listed):,} objects of {sum(listed.values()):,} bytes, the ledger "
            f"{sum(row['FILES'] for row in ledger):,} files of "
            f"{sum(row['BYTES'] for row in ledger):,}{where}{others}"
        )
    for hour, rows in enumerate(of_day(day, ledger)):
        lines = max((row["QUARANTINED"] or 0 for row in rows), default=0)
        if rows and bool(lines) != bool(bad.files[hour]):
            verdict.notes.append(
                f"{hour:02}:00: the ledger has {lines:,} quarantined lines, the bucket "
                f"{bad.files[hour]:,} files of them"
            )


def _compare_objects(
    run: LoadedRun, ledger: Sequence[Row], listed: dict[str, int], verdict: Verdict
) -> None:
    wrong = [file for file in run.objects if listed.get(file.key) != file.bytes]
    # An unfinished run of the day can have replaced objects since the load, without harm to it.
    differences = verdict.notes if run.superseded else verdict.problems
    differences += [
        f"{file.key}: {file.bytes:,} bytes in the manifest, {_size(listed.get(file.key))} in the "
        "bucket"
        for file in wrong
    ]
    own = BucketHours({f.key: listed[f.key] for f in run.whole.files if f.key in listed})
    named = {file.hour for file in wrong}
    differences += [
        f"{hour:02}:00: the bucket has {found}"
        for hour, found in own.differences(run.day, ledger).items()
        if hour not in named
    ]
    if leftover := listed.keys() - {file.key for file in run.objects}:
        verdict.notes.append(
            f"{len(leftover):,} objects of earlier runs beside the day's own ({some(leftover)})"
        )


def _size(size: int | None) -> str:
    return "not" if size is None else f"{size:,}"
