"""What was unpacked and landed, file by file: the truth that the load is compared with."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from amplitude_export.errors import FileMissing
from amplitude_export.window import Window

# Results of tasks are typed Any: of a dict, TaskFlow would make one XCom for each key.
Record = dict[str, Any]


@dataclass(frozen=True)
class LandedFile:
    """One part of one hour.

    `hour` is 0 to 23 UTC, `bytes` the size as it lands (gzipped when it lands gzipped), `crc32` the
    CRC-32 of these bytes as S3 writes it (base64 of four bytes, most significant first).
    """

    hour: int
    part: int
    file: str
    key: str
    events: int
    bytes: int
    crc32: str


def crc32_text(crc: int) -> str:
    """A CRC-32 as S3 writes it."""
    return b64encode(crc.to_bytes(4, "big")).decode()


@dataclass(frozen=True)
class Unpacked:
    """What became of one member: the file that lands, and the lines that were set aside."""

    landed: LandedFile
    set_aside: LandedFile | None = None


@dataclass(frozen=True)
class Manifest:
    """The files of one window in the order of hour and part; an hour without a file is empty.

    `archives` are the names of those that it was unpacked from. `set_aside` are the files of bad
    lines, which lie in the bucket but are never copied; their `events` are the lines.
    """

    window: Window
    files: list[LandedFile]
    archives: list[str] = field(default_factory=list)
    set_aside: list[LandedFile] = field(default_factory=list)

    @property
    def record(self) -> dict[str, Any]:
        """The manifest for an XCom."""
        return {
            "window": self.window.record,
            "files": [asdict(file) for file in self.files],
            "archives": self.archives,
            "set_aside": [asdict(file) for file in self.set_aside],
        }

    @classmethod
    def of(cls, record: dict[str, Any]) -> Manifest:
        """The manifest that `record` describes."""
        # A run that began with version 0.1 has files alone.
        files, set_aside = (
            [LandedFile(**file) for file in record.get(kind, [])] for kind in ("files", "set_aside")
        )
        return cls(Window.of(record["window"]), files, record.get("archives", []), set_aside)


@dataclass(frozen=True)
class Hour:
    """What one hour of the day holds.

    `state` is "loaded", "empty", or "incomplete" when `quarantined` lines of it were set aside.
    Asset events of version 0.1 say nothing about such lines.
    """

    hour: int
    state: str
    files: int
    events: int
    bytes: int
    quarantined: int = 0


@dataclass(frozen=True)
class DayManifest:
    """All windows of one day together: 24 hours, each in exactly one window."""

    day: date
    files: list[LandedFile]
    set_aside: list[LandedFile] = field(default_factory=list)

    @classmethod
    def of(cls, day: date, records: Iterable[dict[str, Any]] | dict[str, Any]) -> DayManifest:
        """The day that the windows' records make up.

        A single record may come by itself: so Airflow hands over the result of a task group that
        is mapped over one window only (3.3.2, `RuntimeTaskInstance.xcom_pull`). Raises FileMissing
        when a window is missing or of another day: then a task was marked by hand, or its manifest
        is not there any more.
        """
        windows = [records] if isinstance(records, dict) else records
        manifests = [Manifest.of(record) for record in windows if record]
        hours = sorted(hour for manifest in manifests for hour in manifest.window.hours)
        if hours != list(range(24)) or any(manifest.window.day != day for manifest in manifests):
            held = ", ".join(f"{m.window.day} {m.window.label}" for m in manifests) or "none"
            raise FileMissing(
                f"The manifests of {day} do not make up its 24 hours; there are: {held}.",
                "clear plan_windows of this run, with everything downstream of it.",
            )
        return cls(
            day,
            [file for manifest in manifests for file in manifest.files],
            [file for manifest in manifests for file in manifest.set_aside],
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
        """Lines of the day that were set aside."""
        return sum(file.events for file in self.set_aside)

    @property
    def hours(self) -> list[Hour]:
        """The day's 24 hours, in order."""
        return [self._hour(hour) for hour in range(24)]

    def _hour(self, hour: int) -> Hour:
        files = [file for file in self.files if file.hour == hour]
        quarantined = sum(file.events for file in self.set_aside if file.hour == hour)
        return Hour(
            hour=hour,
            state="incomplete" if quarantined else "loaded" if files else "empty",
            files=len(files),
            events=sum(file.events for file in files),
            bytes=sum(file.bytes for file in files),
            quarantined=quarantined,
        )
