"""The files that were unpacked and landed: the counts that the load is compared with."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from amplitude_export.errors import FileMissing
from amplitude_export.ledger import HOURS, Hour
from amplitude_export.record import Moment, Number, Record, from_record, not_a_record
from amplitude_export.window import Window
from amplitude_export.workspace import (
    LANDING_FORMATS,
    object_key,
    provisional_key,
    quarantine_key,
)

_PROJECT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
# 0 to 23, UTC.
HourNumber = Annotated[int, msgspec.Meta(ge=0, le=23)]


class LandedFile(msgspec.Struct, frozen=True):
    """One part of one hour.

    `hour` is 0 to 23 UTC, `bytes` the size as it lands (gzipped when it lands gzipped), `crc32` the
    CRC-32 of these bytes as S3 writes it (base64 of four bytes, most significant first).
    `json_bytes` and `json_crc32` are those of the JSON, ungzipped; versions up to 0.6 have neither.
    """

    hour: HourNumber
    part: Number
    file: str
    key: str
    events: Number
    bytes: Number
    crc32: str
    json_bytes: Number | None = None
    json_crc32: str | None = None

    @property
    def landing_format(self) -> str:
        """The ending of its name: `json` or `json.gz`, or `txt` for quarantined lines."""
        return self.file.partition(".")[2]

    @property
    def project_id(self) -> str:
        """Amplitude's number of the project: `<project id>_<YYYY-MM-DD>_<HH>_<part>.json`."""
        return self.file.partition("_")[0]


def crc32_text(crc: int) -> str:
    """Return a CRC-32 as S3 writes it."""
    return b64encode(crc.to_bytes(4, "big")).decode()


@dataclass(frozen=True)
class Unpacked:
    """The file that lands of one member, and the file of its quarantined lines if it has any."""

    landed: LandedFile
    quarantined: LandedFile | None = None


class Manifest(msgspec.Struct, frozen=True):
    """The files of one window in the order of hour and part; an hour without a file is empty.

    `archives` are the names of the archives that it was unpacked from. `quarantined_files` hold bad
    lines; they are in the bucket but never copied, and their `events` are the lines. Version 0.1
    has neither.

    `exported_at` has the time of the response (UTC, by Amplitude's clock) that each hour of the
    window came with, in order. `gaps` are the hours, 0 to 23 UTC, that usually have events, had
    none, and were confirmed as empty. Versions up to 0.6 have neither.
    """

    window: Window
    files: list[LandedFile]
    archives: list[str] = []
    quarantined_files: list[LandedFile] = msgspec.field(name="set_aside", default_factory=list)
    exported_at: list[Moment] = []
    gaps: Annotated[list[HourNumber], msgspec.Meta(max_length=24)] = []

    @classmethod
    def of(cls, record: Any, *days: date, provisional: bool = False) -> Manifest:
        """Return the manifest of a task's result, which is about one of the run's days.

        Raises RecordInvalid unless each name and key is that of a file of the day and the window:
        users who can edit XComs must not upload or load anything else with it.
        """
        manifest = from_record(cls, record)
        window = manifest.window
        if window.day not in days:
            own = ", ".join(map(str, days))
            raise not_a_record(cls.__name__, f"it is of {window.day}, and the run's day is {own}")
        if provisional:
            manifest._check_provisional()
        else:
            require_names(window, manifest.files, manifest.quarantined_files)
        return manifest

    @property
    def exported(self) -> dict[int, datetime]:
        """The time of the response of each hour, 0 to 23, whose time is known."""
        return dict(zip(self.window.hours, self.exported_at, strict=False))

    def _check_provisional(self) -> None:
        """Raise RecordInvalid unless each file's key has its name and the time of its export."""
        if len(self.exported_at) != len(self.window.hours) or self.quarantined_files:
            raise not_a_record(Manifest.__name__, "it is not of an hourly run")
        for file in self.files:
            _check_names(file, self.window, self._provisional_key(file), LANDING_FORMATS)

    def _provisional_key(self, file: LandedFile) -> Callable[[date, str], str]:
        def key(day: date, name: str) -> str:
            try:
                return provisional_key(day, name, self.exported[file.hour], file.crc32)
            except ValueError as error:
                raise not_a_record(Manifest.__name__, f"{name}: {error}") from error

        return key


def require_names(
    window: Window, files: Iterable[LandedFile], quarantined_files: Iterable[LandedFile]
) -> None:
    """Raise RecordInvalid unless each name and key is that of a file of the window."""
    for file in files:
        _check_names(file, window, object_key, LANDING_FORMATS)
    for file in quarantined_files:
        _check_names(file, window, quarantine_key, ("txt",))


def _check_names(
    file: LandedFile, window: Window, key: Callable[[date, str], str], formats: Iterable[str]
) -> None:
    stem = f"{file.project_id}_{window.day}_{file.hour:02}_{file.part}"
    is_named = (
        file.hour in window.hours
        and _PROJECT_ID.fullmatch(file.project_id)
        and file.file in {f"{stem}.{ending}" for ending in formats}
    )
    if not is_named or file.key != key(window.day, file.file):
        what = f"{window.day} {window.label} has no file {file.file!r} with the key {file.key!r}"
        raise not_a_record(Manifest.__name__, what)


@dataclass(frozen=True)
class DayManifest:
    """All windows of one day together: 24 hours, each in exactly one window.

    `exported_at` (UTC) has the hours, 0 to 23, whose time is known; `gaps` are those of the
    windows' manifests, ascending.
    """

    day: date
    files: list[LandedFile]
    quarantined_files: list[LandedFile] = field(default_factory=list)
    exported_at: dict[int, datetime] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        day: date,
        records: Iterable[Record] | Record,
        planned: Iterable[Record] | None = None,
    ) -> DayManifest:
        """Return the day that the windows' records make up.

        A single record can come by itself: Airflow hands over the result of a task group that is
        mapped over one window only in this form (3.3.2, `RuntimeTaskInstance.xcom_pull`). `planned`
        are the newest plan's windows; None takes every record. Results of other windows remain if
        amplitude_window_hours has changed between two tries of a run. Raises FileMissing when a
        window is missing: then a task was marked by hand, or its manifest was removed. Raises
        RecordInvalid as `Manifest.of` does.
        """
        by_itself = isinstance(records, dict) or not isinstance(records, Iterable)
        results: Iterable[Any] = [records] if by_itself else records
        manifests = [Manifest.of(record, day) for record in results if record]
        if planned is not None:
            manifests = _planned(manifests, from_record(list[Window], planned))
        hours = sorted(hour for manifest in manifests for hour in manifest.window.hours)
        if hours != HOURS:
            found = ", ".join(f"{m.window.day} {m.window.label}" for m in manifests) or "none"
            raise FileMissing(
                f"The manifests of {day} do not make up its 24 hours; there are: {found}.",
                "clear plan_windows of this run, with everything downstream of it.",
            )
        return cls(
            day,
            [file for manifest in manifests for file in manifest.files],
            [file for manifest in manifests for file in manifest.quarantined_files],
            {hour: at for manifest in manifests for hour, at in manifest.exported.items()},
            sorted(hour for manifest in manifests for hour in manifest.gaps),
        )

    @property
    def events(self) -> int:
        """Events of the day."""
        return sum(file.events for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes landed for the day."""
        return sum(file.bytes for file in self.files)

    @property
    def quarantined(self) -> int:
        """Quarantined lines of the day."""
        return sum(file.events for file in self.quarantined_files)

    @property
    def project_ids(self) -> list[str]:
        """Amplitude's numbers of the projects that have files, in order; an empty day has none."""
        return sorted({file.project_id for file in (*self.files, *self.quarantined_files)})

    @property
    def hours(self) -> list[Hour]:
        """The day's 24 hours, in order."""
        return [self._hour(hour) for hour in HOURS]

    def _hour(self, hour: int) -> Hour:
        files = [file for file in self.files if file.hour == hour]
        quarantined = sum(file.events for file in self.quarantined_files if file.hour == hour)
        return Hour(
            hour=hour,
            state="incomplete" if quarantined else "loaded" if files else "empty",
            files=len(files),
            events=sum(file.events for file in files),
            bytes=sum(file.bytes for file in files),
            quarantined=quarantined,
        )


def _planned(manifests: Sequence[Manifest], windows: Iterable[Window]) -> list[Manifest]:
    """Return the manifest of each window that has one.

    Airflow orders results by their place in the plan. A window that is in two plans can have two,
    of which the first is the newer one: results beyond the end of the newest plan remain.
    """
    by_window = {manifest.window: manifest for manifest in reversed(manifests)}
    return [by_window[window] for window in windows if window in by_window]
