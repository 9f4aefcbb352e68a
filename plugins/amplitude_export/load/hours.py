"""Replaces provisional hours in one transaction, and never anything of a day that is loaded."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from amplitude_export.ledger import DEFAULT_PROJECT, LoadedHours, ProvisionalHour
from amplitude_export.load.guards import require_own_project
from amplitude_export.load.load import compare_sizes, copy_files, require_equal
from amplitude_export.load.stored import loaded_ids
from amplitude_export.manifest import DayManifest, LandedFile, Manifest
from amplitude_export.warehouse.provisional import KnownHours
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.warehouse.transaction import locked_transaction
from amplitude_export.window import midnight
from amplitude_export.workspace import hourly_prefix

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Hour:
    """An hour that came with events: its beginning and the time of its export (UTC), its files."""

    begin: datetime
    exported_at: datetime
    files: Sequence[LandedFile]

    @property
    def day(self) -> date:
        return self.begin.date()

    @property
    def record(self) -> ProvisionalHour:
        return ProvisionalHour(
            day=self.day,
            hour=self.begin.hour,
            files=len(self.files),
            events=sum(file.events for file in self.files),
            bytes=sum(file.bytes for file in self.files),
            exported_at=self.exported_at,
        )


def load_hours(
    connect: Connect,
    manifests: Iterable[Manifest],
    run_id: str,
    project: str = DEFAULT_PROJECT,
) -> LoadedHours | None:
    """Replace the hours that came with events, except final ones and those of a newer export.

    Returns None if none is left to load. Raises AnotherProject when files are of another project at
    Amplitude, CountsDiffer when the copy's rows or the table's are not the manifest's events,
    WarehouseRefused and WarehouseUnavailable; then nothing has changed, or, when the response to
    the commit is lost, all hours are loaded.
    """
    came = _hours(manifests)
    if not came:
        log.info("No hour came with events; the next run requests them again.")
        return None
    with locked_transaction(connect, {"project": project, "run_id": run_id}) as session:
        _require_own_project(session, came, project)
        known = KnownHours.read(session, {hour.day for hour in came})
        hours = [hour for hour in came if _is_wanted(hour, known)]
        if hours:
            _replace(session, hours)
    if not hours:
        return None
    loaded = LoadedHours(run_id, project, [hour.record for hour in hours])
    events = sum(hour.events for hour in loaded.hours)
    log.info("Loaded %d provisional hours, %s events.", len(hours), f"{events:,}")
    return loaded


def _hours(manifests: Iterable[Manifest]) -> list[_Hour]:
    """Return each hour that came with events once, of its newest export, in order.

    Results of an earlier plan of the run can be among the manifests.
    """
    newest: dict[datetime, _Hour] = {}
    for manifest in manifests:
        for number, exported_at in manifest.exported.items():
            begin = midnight(manifest.window.day) + timedelta(hours=number)
            files = [file for file in manifest.files if file.hour == number]
            if files and (begin not in newest or newest[begin].exported_at < exported_at):
                newest[begin] = _Hour(begin, exported_at, files)
    return [newest[begin] for begin in sorted(newest)]


def _require_own_project(session: Session, hours: Iterable[_Hour], project: str) -> None:
    """Raise AnotherProject as for a day: its parameter lets a recreated project join."""
    by_day: dict[date, list[LandedFile]] = {}
    for hour in hours:
        by_day.setdefault(hour.day, []).extend(hour.files)
    for day, files in by_day.items():
        manifest = DayManifest(day, files)
        require_own_project(manifest, project, loaded_ids(session, manifest.project_ids), None)


def _is_wanted(hour: _Hour, known: KnownHours) -> bool:
    before = known.exported.get(hour.begin)
    if hour.day in known.final:
        log.info("%s is loaded and final; %s is left out.", hour.day, f"{hour.begin:%H:00}")
        return False
    # The stored time is to the second, like Amplitude's clock.
    if before and hour.exported_at.replace(microsecond=0) < before:
        log.info("%s is loaded from a newer export; it is left out.", f"{hour.begin:%F %H:00}")
        return False
    return True


def _replace(session: Session, hours: Sequence[_Hour]) -> None:
    begins = [f"{hour.begin:%F %T}" for hour in hours]
    files = [file for hour in hours for file in hour.files]
    session.run("load/delete_provisional_hours", hours=begins)
    copy_files(session, files, "load/copy_provisional_files")
    days = sorted({hour.day for hour in hours})
    for day in days:
        of_day = [file for hour in hours if hour.day == day for file in hour.files]
        compare_sizes(session, hourly_prefix(day), of_day)
    span = {"first_day": f"{days[0]}", "last_day": f"{days[-1]}"}
    rows = session.run("warehouse/select_provisional_hours", **span)
    stored = {f"{row['EXPORT_HOUR']}": int(row["EVENTS"]) for row in rows}
    require_equal(
        "stored",
        {begin: hour.record.events for begin, hour in zip(begins, hours, strict=True)},
        {begin: stored[begin] for begin in begins if begin in stored},
    )
