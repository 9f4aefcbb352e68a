"""The folders of the shared volume that all runs share, and the names of their files.

<data_dir>/ip_networks/
    package.tgz                              the newest package of IP networks, as downloaded
    networks.json.gz                         the rows that are loaded of it
<data_dir>/dbt/
    index.html                               dbt's documentation of all tables
    <run>.<layer>.nodes.json                 what a failed transform has not built of a layer
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from amplitude_export.volume import open_folder, real_path, remove_unfinished
from amplitude_export.workspace import run_folder


@dataclass(frozen=True)
class _SharedFolder:
    """A folder right below the volume, which all runs share."""

    folder: Path

    def open(self) -> Self:
        """Make the folder, as `Workspace.open` does."""
        open_folder(self.folder.parent, self.folder)
        remove_unfinished(self.folder)
        return self


class NetworksFolder(_SharedFolder):
    """The folder of the package of IP networks; each fetch replaces its files."""

    @classmethod
    def of(cls, data_dir: Path) -> NetworksFolder:
        """Return the one folder of the volume; `open` makes it."""
        return cls(real_path(data_dir) / "ip_networks")

    @property
    def tarball(self) -> Path:
        """The package as downloaded."""
        return self.folder / "package.tgz"

    @property
    def networks(self) -> Path:
        """The rows that are loaded of it: gzipped JSON lines."""
        return self.folder / "networks.json.gz"


class TransformFolder(_SharedFolder):
    """The folder of all runs of the transform."""

    @classmethod
    def of(cls, data_dir: Path) -> TransformFolder:
        """Return the one folder of the volume; `open` makes it."""
        return cls(real_path(data_dir) / "dbt")

    @property
    def documentation(self) -> Path:
        """dbt's documentation of all tables, written by the newest run."""
        return self.folder / "index.html"

    def remaining(self, layer: str, run_id: str) -> Path:
        """Return the list of what an attempt of the run left unbuilt of a layer, if anything."""
        # Up to 0.5.0 it was `<run>.<layer>.json`, with models by other names: dbt would select
        # nothing. A run that began there builds the whole layer.
        return self.folder / f"{run_folder(run_id)}.{layer}.nodes.json"
