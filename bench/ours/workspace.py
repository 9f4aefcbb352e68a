"""The run's folder, as the tasks find it, and the manifest that they pass on."""

from __future__ import annotations

import json

from amplitude_export.manifest import Manifest
from amplitude_export.record import from_record, to_record
from amplitude_export.window import Window
from amplitude_export.workspace import Workspace

from bench.archive import DAY
from bench.place import Place

WINDOW = Window(f"{DAY}T00", f"{DAY}T23")


def workspace(place: Place) -> Workspace:
    """Return the workspace; it exists once the download has opened it."""
    return Workspace.of(place.folder, WINDOW, "bench")


def write_manifest(place: Place, manifest: Manifest) -> None:
    """Store the manifest, as Airflow would store it as an XCom."""
    (place.folder / f"manifest.{place.landing}").write_text(json.dumps(to_record(manifest)))


def read_manifest(place: Place) -> Manifest:
    """Return the manifest that `write_manifest` stored for the same landing format."""
    record = json.loads((place.folder / f"manifest.{place.landing}").read_text())
    return from_record(Manifest, record)
