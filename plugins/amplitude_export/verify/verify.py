"""Reconciles one day across volume, bucket and warehouse.

Reads only. Table and bucket are always compared with the ledger, and with the archives as long as
the volume has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from amplitude_export.verify.loaded_run import LoadedRun, volume_problems
from amplitude_export.verify.reference import ARCHIVE_ERRORS, NO_UUID, exported_hour
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import object_key, quarantine_key

# Names in one message; a query finds the others.
_EXAMPLES = 3


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


def verify_day(connect: Connect, data_dir: Path, day: date) -> Verdict:
    """Compare everything that is stored of the day; change nothing.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    verdict = Verdict(day, problems=volume_problems(data_dir, day))
    with Session.opened(connect, {"day": f"{day:%Y-%m-%d}"}) as session:
        ledger = session.run("verify/select_ledger")
        rows = session.run("verify/count_rows")
        verdict.loaded = bool(ledger)
        verdict.events = sum(row["EVENTS"] for row in rows)
        verdict.problems += _ledger_problems(day, ledger, rows)
        if ledger:
            run = LoadedRun.of_run(data_dir, day, ledger[0]["RUN_ID"])
            _compare_events(session, run, {row["EXPORT_HOUR"].hour for row in rows}, verdict)
            _compare_bucket(session, run, ledger, verdict)
    return verdict


def _ledger_problems(
    day: date, ledger: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """Compare ledger and table: 24 hours or none, of one run, each with the table's events."""
    if len(ledger) not in (0, 24):
        yield f"the ledger has {len(ledger)} rows for the day instead of 24"
    loaded_by = {row["RUN_ID"] for row in ledger}
    if len(loaded_by) > 1:
        yield f"the ledger's rows are of several runs: {', '.join(sorted(loaded_by))}"
    unknown = {row["RUN_ID"] for row in rows} - loaded_by
    if unknown:
        yield f"the table has rows of runs that the ledger does not name: {_some(unknown)}"
    stored: Counter[datetime] = Counter()
    for row in rows:
        stored[row["EXPORT_HOUR"]] += row["EVENTS"]
    recorded = Counter({row["EXPORT_HOUR"]: row["EVENTS"] for row in ledger})
    for hour in sorted(stored.keys() | recorded.keys()):
        if hour.date() != day:
            yield f"{hour:%Y-%m-%d %H:00}: the table has {stored[hour]:,} events under {day}"
        elif stored[hour] != recorded[hour]:
            yield (
                f"{hour:%H:00}: the ledger has {recorded[hour]:,} events, the table "
                f"{stored[hour]:,}"
            )


def _compare_events(
    session: Session, run: LoadedRun, hours: Container[int], verdict: Verdict
) -> None:
    """Compare the events of each hour by uuid; `hours` are those that have rows in the table."""
    if run.skip_reason:
        verdict.notes.append(f"events not compared one by one: {run.skip_reason}")
        return
    verdict.compared = True
    for hour in range(24):
        try:
            exported = exported_hour(run.archives, hour)
        except (*ARCHIVE_ERRORS, OSError) as error:
            verdict.problems.append(f"{hour:02}:00: an archive on the volume is broken: {error}")
            continue
        # On a quiet day few hours have rows: the others need no query.
        stored = _stored_hour(session, run.day, hour) if hour in hours else Counter()
        differences = [*_differences(exported.uuids, stored)]
        quarantined = run.quarantined(hour)
        if quarantined != exported.bad_lines:
            differences.append(
                f"{exported.bad_lines:,} lines are not events, {quarantined:,} were quarantined"
            )
        if differences:
            verdict.problems.append(f"{hour:02}:00: {'; '.join(differences)}")
        if quarantined:
            verdict.notes.append(
                f"{hour:02}:00: {quarantined:,} bad lines were quarantined, not loaded"
            )


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
            yield f"{uuids.total():,} {what} ({_some(uuids)})"


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:_EXAMPLES]) + (" …" if len(found) > _EXAMPLES else "")


def _compare_bucket(
    session: Session, run: LoadedRun, ledger: Sequence[dict[str, Any]], verdict: Verdict
) -> None:
    """Compare the day's objects with the manifests, or their number and size with the ledger."""
    listed = session.listed(object_key(run.day, ""))
    files = sum(row["FILES"] for row in ledger)
    if files and not listed:
        verdict.notes.append("the bucket no longer has any of the day's objects")
    elif run.skip_reason:
        size = sum(row["BYTES"] for row in ledger)
        held = sum(listed.values())
        if (files, size) != (len(listed), held):
            verdict.notes.append(
                f"the bucket has {len(listed):,} objects of {held:,} bytes, the ledger "
                f"{files:,} files of {size:,}"
            )
    else:
        quarantined = session.listed(quarantine_key(run.day, ""))
        _compare_objects(run, listed | quarantined, verdict)


def _compare_objects(run: LoadedRun, listed: dict[str, int], verdict: Verdict) -> None:
    expected = {file.key: file.bytes for file in run.objects}
    wrong = [
        f"{key}: {size:,} bytes in the manifest, {_size(listed.get(key))} in the bucket"
        for key, size in expected.items()
        if listed.get(key) != size
    ]
    # An unfinished run of the day can have replaced objects since the load, without harm to it.
    (verdict.notes if run.superseded else verdict.problems).extend(wrong)
    if leftover := listed.keys() - expected.keys():
        verdict.notes.append(
            f"{len(leftover):,} objects of earlier runs beside the day's own ({_some(leftover)})"
        )


def _size(size: int | None) -> str:
    return "not" if size is None else f"{size:,}"
