"""Read the whole response into memory, then write the file."""

from __future__ import annotations

import requests

from bench.place import Place


def run(place: Place) -> None:
    """Write export.zip."""
    response = requests.get(f"{place.amplitude}/api/2/export", auth=("key", "secret"), timeout=300)
    place.folder.mkdir()
    (place.folder / "export.zip").write_bytes(response.content)
