"""The only place that names the folders of runs on the shared volume, and keys in S3.

<data_dir>/<YYYY-MM-DD>/<HH-HH>/<run>/
    export_<YYYYMMDDTHH>_<YYYYMMDDTHH>.zip   archives, cold storage after the load
    gaps.json                                hours without events that are not confirmed yet
    json/<project>_<day>_<HH>_<part>.json    what decompress writes and upload sends
    quarantine/<project>_<day>_<HH>_<part>.txt   bad lines that a manual run quarantined
    manifest.json                            the files that were unpacked, and from which archives
    refused.json                             lines that Snowflake refused, to be quarantined
    uploaded.jsonl                           the files that an unfinished upload has sent
    loaded                                   a mark: the load of these files was committed
<data_dir>/projects/<project>/…              the same, of every project but `default`
<data_dir>/hourly/<project>/…                the same, of hourly runs, until their hours are loaded
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.volume import (
    folders_in,
    is_file,
    open_folder,
    real_path,
    remove_file,
    remove_tree,
    remove_unfinished,
    rename,
    volume_errors,
)
from amplitude_export.window import Window

PREFIX = "python-import/"
LANDING_FORMATS = ("json", "json.gz")
_DISCARDED = ".discarded"
_PROJECTS = "projects"
_HOURLY = "hourly"
# The names of folders, see above; everything else on the volume is left alone.
_DAY, _HOURS = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), re.compile(r"\d\d-\d\d", re.ASCII)
_DISCARDED_RUN = re.compile(rf"\..*{re.escape(_DISCARDED)}")
# A run id can begin with a dot, too.
_RUN = re.compile(rf"(?!{_DISCARDED_RUN.pattern}\Z)[A-Za-z0-9_.-]+")
_PROJECT = re.compile(r"[^.].*")


def object_key(day: date, file: str) -> str:
    """Return the key of a landed file."""
    return f"{PREFIX}{day:%Y-%m-%d}/{file}"


def quarantine_key(day: date, file: str) -> str:
    """Return the key of a file of bad lines: not below the prefix of a day, which is copied.

    It is below PREFIX because the uploader is not allowed to write anywhere else.
    """
    return f"{PREFIX}quarantine/{day:%Y-%m-%d}/{file}"


def provisional_key(day: date, file: str, exported_at: datetime, crc32: str) -> str:
    """Return the key of a provisional file; `crc32` is base64, as S3 writes it.

    Another export or another content is another object, and none is below the prefix of a day: no
    hourly run can overwrite an object that a day was loaded from.

    >>> provisional_key(date(2026, 9, 24), "1_2026-09-24_07_0.json.gz",
    ...     datetime(2026, 9, 24, 10, 10, 2, tzinfo=UTC), "AAAAAQ==")
    'python-import/hourly/2026-09-24/1_2026-09-24_07_0_20260924T101002Z_00000001.json.gz'
    """
    stem, _, ending = file.partition(".")
    exported = f"{exported_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{hourly_prefix(day)}{stem}_{exported}_{b64decode(crc32).hex()}.{ending}"


def hourly_prefix(day: date) -> str:
    """Return what the keys of the day's provisional files begin with."""
    return f"{PREFIX}hourly/{day:%Y-%m-%d}/"


def networks_key(version: str) -> str:
    """Return the key of the IP networks of a version of their package; not below a day either."""
    return f"{PREFIX}ip_networks/{version}/networks.json.gz"


def manifest_key(project: str, day: date, run_id: str) -> str:
    """Return the key of the manifest of a day that the run has loaded."""
    return f"{PREFIX}manifests/{project}/{day:%Y-%m-%d}/{run_folder(run_id)}.json"


def run_folder(run_id: str) -> str:
    """Return a unique folder name for the run id: readable, and safe for any characters in it."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", run_id)[:80]
    return f"{readable}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"


def project_folder(data_dir: Path, project: str) -> Path:
    """Return the folder of the project's days: for `default` the volume itself, as ever."""
    volume = real_path(data_dir)
    return volume if project == DEFAULT_PROJECT else volume / _PROJECTS / project


def hourly_folder(data_dir: Path, project: str) -> Path:
    """Return the folder of the days of the project's hourly runs."""
    return real_path(data_dir) / _HOURLY / project


@dataclass(frozen=True)
class Workspace:
    """The folder of one run for one window; no other run writes there or removes files of it."""

    folder: Path
    # Of `of` alone: `open` needs it.
    volume: Path | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        data_dir: Path,
        window: Window,
        run_id: str,
        project: str = DEFAULT_PROJECT,
        *,
        provisional: bool = False,
    ) -> Workspace:
        """Return the workspace of the project's run for the window; `open` makes it.

        A `provisional` one is of an hourly run.
        """
        folder = hourly_folder if provisional else project_folder
        day = folder(data_dir, project) / f"{window.day:%Y-%m-%d}"
        hours = f"{window.start:%H}-{window.end:%H}"
        return cls(day / hours / run_folder(run_id), real_path(data_dir))

    @classmethod
    def of_run(cls, folder: Path, day: date, run_id: str) -> list[Workspace]:
        """Return those that the run has made; `folder` is the `project_folder`."""
        run = re.compile(re.escape(run_folder(run_id)))
        return [cls(path) for path in _runs(folder / f"{day:%Y-%m-%d}", run)]

    @classmethod
    def of_day(cls, folder: Path, day: date) -> list[Workspace]:
        """Return the workspaces of the day, of any run; `folder` is the `project_folder`."""
        return [cls(path) for path in _runs(folder / f"{day:%Y-%m-%d}", _RUN)]

    @classmethod
    def all(cls, data_dir: Path) -> list[Workspace]:
        """Return the workspaces of any project, run and day."""
        return [cls(path) for path in _all_runs(data_dir, _RUN)]

    @classmethod
    def all_in(cls, folder: Path) -> list[Workspace]:
        """Return the workspaces of any day and run in a `project_folder` or `hourly_folder`."""
        days = folders_in(folder, _DAY)
        return [cls(path) for day in days for path in _runs(day, _RUN)]

    @classmethod
    def all_loaded(cls, data_dir: Path) -> list[Workspace]:
        """Return the workspaces, of any project, run and day, whose load was committed."""
        return [workspace for workspace in cls.all(data_dir) if is_file(workspace.loaded)]

    @classmethod
    def discarded(cls, data_dir: Path) -> list[Path]:
        """Return folders, of any project, that were workspaces and belong to no run any more."""
        return _all_runs(data_dir, _DISCARDED_RUN)

    @property
    def same_day(self) -> list[Workspace]:
        """The workspaces of the same day, of any window and run; this one is among them."""
        return [Workspace(path) for path in _runs(self.folder.parents[1], _RUN)]

    @property
    def json_folder(self) -> Path:
        """The folder of the unpacked files until the day is loaded."""
        return self.folder / "json"

    @property
    def quarantine_folder(self) -> Path:
        """The folder of bad lines that a manual run has quarantined."""
        return self.folder / "quarantine"

    @property
    def manifest(self) -> Path:
        """The manifest's file, for people and `verify`; tasks read the manifest from XComs."""
        return self.folder / "manifest.json"

    @property
    def gaps(self) -> Path:
        """The responses without events of hours that are not confirmed yet; see `export/gaps`."""
        return self.folder / "gaps.json"

    @property
    def refused(self) -> Path:
        """The record of the day's lines that Snowflake refused."""
        return self.folder / "refused.json"

    @property
    def receipts(self) -> Path:
        """One JSON line for each file that an unfinished upload has sent."""
        return self.folder / "uploaded.jsonl"

    @property
    def loaded(self) -> Path:
        """The mark that the load was committed; its modification time is the time of the mark."""
        return self.folder / "loaded"

    def archive(self, window: Window) -> Path:
        """Return the archive of the workspace's window, or of a part of it."""
        return self.folder / f"export_{window.start:%Y%m%dT%H}_{window.end:%Y%m%dT%H}.zip"

    def open(self) -> Workspace:
        """Make the folder, and remove the mark that its files were loaded.

        Also removes the unfinished files of killed attempts. Such an attempt that is still running
        then fails because its file is missing; no task waits for its result. Raises VolumeRefused
        when the volume itself does not exist: it is mounted, never made.
        """
        open_folder(self.volume or self.folder.parents[2], self.json_folder)
        remove_file(self.loaded)
        remove_unfinished(self.folder)
        return self

    def discard(self) -> None:
        """Rename the folder, so that no half workspace remains when its removal is cut short.

        The caller then removes all `discarded` folders.
        """
        rename(self.folder, f".{self.folder.name}{_DISCARDED}")

    def remove(self) -> None:
        """Remove the folder, and those above it that are then empty; it can be gone already.

        If this is cut short, the next clean_up of any run removes the rest.
        """
        left = self.folder.with_name(f".{self.folder.name}{_DISCARDED}")
        with volume_errors(self.folder):
            # A removal that was cut short has left what is now in the way of the rename.
            for step in (partial(remove_tree, left), self.discard, partial(remove_tree, left)):
                with suppress(FileNotFoundError):
                    step()
        # Not empty: another run works on this window, or on this day.
        with suppress(OSError):
            self.folder.parent.rmdir()
            self.folder.parent.parent.rmdir()


def is_discarded(run: str) -> bool:
    """Return True for the name of a folder that was a workspace and belongs to no run any more."""
    return _DISCARDED_RUN.fullmatch(run) is not None


def _all_runs(data_dir: Path, run: re.Pattern[str]) -> list[Path]:
    """Return the folders of the runs of all projects and days."""
    volume = real_path(data_dir)
    projects = [volume, *folders_in(volume / _PROJECTS, _PROJECT)]
    days = [day for project in projects for day in folders_in(project, _DAY)]
    return [path for day in days for path in _runs(day, run)]


def _runs(day: Path, run: re.Pattern[str]) -> list[Path]:
    return [path for hours in folders_in(day, _HOURS) for path in folders_in(hours, run)]
