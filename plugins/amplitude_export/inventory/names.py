"""Reads the names that workspace.py makes: of objects, and of files on the volume."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.workspace import PREFIX, Workspace

_DAY = r"(?P<day>\d{4}-\d\d-\d\d)"
_FILE = r"(?P<id>[A-Za-z0-9-]{1,64})_(?P=day)_(?P<hour>[01]\d|2[0-3])_\d+"
_OBJECTS = {
    section: re.compile(PREFIX + pattern, re.ASCII | re.DOTALL)
    for section, pattern in {
        "day": rf"{_DAY}/{_FILE}\.json(?:\.gz)?",
        "quarantine": rf"quarantine/{_DAY}/{_FILE}\.txt",
        "manifests": rf"manifests/(?P<project>[a-z0-9_]{{1,40}})/{_DAY}/[^/]+\.json",
        "hourly": rf"hourly/{_DAY}/{_FILE}_.+",
        "ip_networks": r"ip_networks/.+",
        "archives": r"archives/.+",
        "doctor": r"doctor/.+",
    }.items()
}
# A file of a run, below the folder of its project.
_OF_RUN = re.compile(
    rf"(?:projects/(?P<project>[^./][^/]*)/)?{_DAY}/(?P<hours>\d\d-\d\d)/(?P<run>[^/]+)/(?P<rest>.+)",
    re.ASCII | re.DOTALL,
)
# Anything in the folder of a day, on the volume or below PREFIX.
_IN_DAY = re.compile(
    rf"(?:(?:projects|hourly)/(?P<project>[^./][^/]*)/)?{_DAY}(?:/.*)?", re.ASCII | re.DOTALL
)


@dataclass(frozen=True)
class ObjectName:
    """A key's parts; `section` is the folder below PREFIX, `day`, or `` for an unknown one."""

    section: str
    day: date | None = None
    project_id: str | None = None
    project: str | None = None
    hour: int | None = None


def object_name(key: str) -> ObjectName:
    """Return the parts of a key.

    >>> object_name("python-import/2026-09-24/123456_2026-09-24_07_0.json").hour
    7
    """
    for section, pattern in _OBJECTS.items():
        if found := pattern.fullmatch(key):
            parts = found.groupdict()
            day, hour = _day(parts.get("day")), parts.get("hour")
            if "day" in parts and day is None:
                break
            hour_number = int(hour) if hour else None
            return ObjectName(section, day, parts.get("id"), parts.get("project"), hour_number)
    return ObjectName("")


@dataclass(frozen=True)
class RunFile:
    """The parts of the path of a run's file; `name` is its path below the run's folder."""

    project: str
    day: date
    folder: str
    run: str
    name: str


def run_file(path: str) -> RunFile | None:
    """Return the parts of a path below the volume; None for a file that is not of a run."""
    found = _OF_RUN.fullmatch(path)
    day = found and _day(found["day"])
    if not found or not day:
        return None
    folder = path[: -len(found["rest"]) - 1]
    return RunFile(found["project"] or DEFAULT_PROJECT, day, folder, found["run"], found["rest"])


def is_archive(name: str) -> bool:
    """Return True for the name of an archive in a run's folder."""
    return name.startswith("export_") and name.endswith(".zip")


def records_of(space: Workspace) -> list[Path]:
    """Return what a run's folder can have beside its manifest and files with events."""
    return [space.gaps, space.refused, space.receipts, space.loaded]


def day_of(path: str) -> tuple[str | None, date | None]:
    """Return the project and the day in whose folder anything is; both None if it is elsewhere."""
    found = _IN_DAY.fullmatch(path.removeprefix(PREFIX))
    if not found or not (day := _day(found["day"])):
        return None, None
    return None if path.startswith(PREFIX) else found["project"] or DEFAULT_PROJECT, day


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
