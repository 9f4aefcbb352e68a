"""Extract the zip, then each of its members, one after the other."""

from __future__ import annotations

import gzip
import shutil
import zipfile

from bench.place import Place


def run(place: Place) -> None:
    """Write extracted/ and json/."""
    with zipfile.ZipFile(place.folder / "export.zip") as archive:
        archive.extractall(place.folder / "extracted")
    (place.folder / "json").mkdir()
    for path in (place.folder / "extracted").rglob("*.gz"):
        with gzip.open(path) as source, (place.folder / "json" / path.stem).open("wb") as target:
            shutil.copyfileobj(source, target)
