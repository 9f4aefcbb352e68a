"""Saves an archive from a response of the Export API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from amplitude_export.archive import check_archive
from amplitude_export.errors import (
    AmplitudeUnavailable,
    ArchiveDamaged,
    ArchiveRefused,
    NotAnArchive,
)
from amplitude_export.http.download import Body, Limits, save_body
from amplitude_export.http.encoding import unknown_encoding

# For the whole body. 4 GB, the largest archive, need 1.2 MB/s.
DEADLINE = timedelta(hours=1)
# A slower body only keeps the connection open.
MIN_BYTES_PER_MINUTE = 1_000_000


def save_archive(
    body: Body,
    path: Path,
    announced: int | None,
    clock: Callable[[], float] = time.monotonic,
    encoding: str | None = None,
) -> int:
    """Write the body to `path`; the file gets its name after the archive is checked.

    `announced` is the Content-Length and `encoding` the Content-Encoding, if there are any. Returns
    the number of bytes of the archive. Raises VolumeFull, AmplitudeUnavailable when the body is cut
    short, too slow or packed and damaged, and what `check_archive` raises. A damaged or refused
    archive stays beside `path` as `<name>.damaged`.
    """
    limits = Limits(DEADLINE, MIN_BYTES_PER_MINUTE)

    def check(part: Path) -> None:
        try:
            check_archive(part, path.name)
        except (ArchiveDamaged, ArchiveRefused):
            part.replace(path.with_name(f"{path.name}.damaged"))
            raise
        except NotAnArchive as error:
            if unknown := unknown_encoding(encoding):
                error.what += f" Its Content-Encoding is {unknown!r}, which cannot be undone."
                error.args = (error.what, *error.args[1:])
            raise

    return save_body(
        body, path, announced, limits, AmplitudeUnavailable, check, clock, encoding=encoding
    )
