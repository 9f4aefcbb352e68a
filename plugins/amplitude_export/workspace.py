"""Where things lie: the shared volume's folders and files, and the keys in S3. Nowhere else.

<data_dir>/<YYYY-MM-DD>/<HH-HH>/<run>/
    export_<YYYYMMDDTHH>_<YYYYMMDDTHH>.zip   archives, cold storage after the load
    json/<project>_<day>_<HH>_<part>.json    what decompress writes and upload sends
    quarantine/<project>_<day>_<HH>_<part>.txt   bad lines, where a manual run sets them aside
    manifest.json                            what was unpacked from which archives
    uploaded.jsonl                           what an unfinished upload has sent already
    loaded                                   the load of these files was committed
<data_dir>/ip_networks/
    package.tgz                              the newest package of IP networks, as it came
    networks.json.gz                         what is loaded of it
<data_dir>/dbt/
    index.html                               dbt's documentation of all tables
    <run>.<layer>.nodes.json                 what a failed transform has left of a layer
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from glob import glob
from pathlib import Path

from amplitude_export.volume import UNFINISHED, volume_errors
from amplitude_export.window import Window

PREFIX = "python-import/"
LANDING_FORMATS = ("json", "json.gz")
_DISCARDED = ".discarded"


def object_key(day: date, file: str) -> str:
    """Where a landed file lies in the bucket."""
    return f"{PREFIX}{day:%Y-%m-%d}/{file}"


def quarantine_key(day: date, file: str) -> str:
    """Where a file of bad lines lies in the bucket: beside what is copied, under no day's prefix.

    It is below PREFIX because the uploader may write nowhere else.
    """
    return f"{PREFIX}quarantine/{day:%Y-%m-%d}/{file}"


def networks_key(version: str) -> str:
    """Where the IP networks of a version of their package lie: like quarantine, under no day."""
    return f"{PREFIX}ip_networks/{version}/networks.json.gz"


@dataclass(frozen=True)
class NetworksFolder:
    """The folder of the package of IP networks: each fetch replaces what is in it."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> NetworksFolder:
        """The one folder of the volume; `open` makes it."""
        return cls(data_dir / "ip_networks")

    @property
    def tarball(self) -> Path:
        """The package as it came."""
        return self.folder / "package.tgz"

    @property
    def networks(self) -> Path:
        """What is loaded of it: gzipped JSON lines."""
        return self.folder / "networks.json.gz"

    def open(self) -> NetworksFolder:
        """Makes the folder, as `Workspace.open` does."""
        _open(self.folder)
        return self


@dataclass(frozen=True)
class TransformFolder:
    """The folder of all runs of the transform."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> TransformFolder:
        """The one folder of the volume; `open` makes it."""
        return cls(data_dir / "dbt")

    def open(self) -> TransformFolder:
        """Makes the folder, as `Workspace.open` does."""
        _open(self.folder)
        return self

    @property
    def documentation(self) -> Path:
        """dbt's documentation of all tables, by the newest run."""
        return self.folder / "index.html"

    def left_of(self, layer: str, run_id: str) -> Path:
        """What a run's earlier attempt has left of a layer; not there when nothing is left."""
        # Up to 0.5.0 it was `<run>.<layer>.json`, with models by other names: dbt would select
        # nothing. A run that began there builds the layer whole.
        return self.folder / f"{_run_folder(run_id)}.{layer}.nodes.json"


@dataclass(frozen=True)
class Workspace:
    """The folder of one run for one window: no other run writes there or removes what is in it."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path, window: Window, run_id: str) -> Workspace:
        """The workspace of the run for the window; `open` makes it."""
        hours = f"{window.start:%H}-{window.end:%H}"
        return cls(data_dir / f"{window.day:%Y-%m-%d}" / hours / _run_folder(run_id))

    @classmethod
    def of_run(cls, data_dir: Path, day: date, run_id: str) -> list[Workspace]:
        """The workspaces that the run has made for the windows of the day."""
        return [cls(path) for path in _found(data_dir, f"{day:%Y-%m-%d}/*/{_run_folder(run_id)}")]

    @classmethod
    def of_day(cls, data_dir: Path, day: date) -> list[Workspace]:
        """The workspaces of the day, of any run."""
        return [cls(path) for path in _found(data_dir, f"{day:%Y-%m-%d}/*/*")]

    @classmethod
    def all_loaded(cls, data_dir: Path) -> list[Workspace]:
        """The workspaces, of any run and day, whose load was committed."""
        return [cls(marker.parent) for marker in _found(data_dir, "*/*/*/loaded")]

    @classmethod
    def discarded(cls, data_dir: Path) -> list[Path]:
        """Folders that were workspaces and are nobody's any more."""
        return _found(data_dir, f"*/*/.*{_DISCARDED}")

    @property
    def json_folder(self) -> Path:
        """Where the unpacked files lie until the day is loaded."""
        return self.folder / "json"

    @property
    def quarantine_folder(self) -> Path:
        """Where bad lines lie that a manual run has set aside."""
        return self.folder / "quarantine"

    @property
    def manifest(self) -> Path:
        """The record of what was unpacked: for people and `verify`; tasks get theirs by XCom."""
        return self.folder / "manifest.json"

    @property
    def receipts(self) -> Path:
        """One JSON line for each file that an unfinished upload has sent."""
        return self.folder / "uploaded.jsonl"

    @property
    def loaded(self) -> Path:
        """The mark that the load was committed; its time of change is when."""
        return self.folder / "loaded"

    def archive(self, window: Window) -> Path:
        """The archive of the workspace's window, or of a part of it."""
        return self.folder / f"export_{window.start:%Y%m%dT%H}_{window.end:%Y%m%dT%H}.zip"

    def open(self) -> Workspace:
        """Makes the folder, and takes back the mark that what is in it was loaded.

        Removes what killed attempts could not remove. If such an attempt is alive after all, it
        fails for want of its file, and nobody waits for its result. Raises VolumeRefused when the
        volume itself is not there: it is mounted, never made.
        """
        data_dir = self.folder.parents[2]
        with volume_errors(data_dir):
            data_dir.stat()
            self.json_folder.mkdir(parents=True, exist_ok=True)
            self.loaded.unlink(missing_ok=True)
            self.remove_unfinished()
        return self

    def discard(self) -> None:
        """Takes the folder away in one step: a removal that is cut short leaves no half workspace.

        What is in it is to be removed from among `discarded`.
        """
        self.folder.rename(self.folder.with_name(f".{self.folder.name}{_DISCARDED}"))

    def remove_unfinished(self) -> None:
        """Removes files that were begun and never got their name."""
        for part in self.folder.rglob(UNFINISHED):
            part.unlink(missing_ok=True)


def _found(data_dir: Path, pattern: str) -> list[Path]:
    """In order; without hidden names, unless asked for, and without what goes meanwhile.

    pathlib's own raises when another run removes a folder that it is looking into.
    """
    names = glob(pattern, root_dir=data_dir)  # noqa: PTH207
    return [data_dir / name for name in sorted(names)]


def _open(folder: Path) -> None:
    """Makes a folder right below the volume, and removes what killed attempts have left in it."""
    with volume_errors(folder.parent):
        folder.parent.stat()
        folder.mkdir(exist_ok=True)
        for part in folder.glob(UNFINISHED):
            part.unlink(missing_ok=True)


def _run_folder(run_id: str) -> str:
    """A folder name of its own for each run id; readable, and safe whatever the id holds."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", run_id)[:80]
    return f"{readable}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"
