"""Members and archives: the export's files, their names and the zip around them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from local.export_api.projects import DEFAULT

# An archive up to this many bytes is built in memory, a larger one in a temporary file.
IN_MEMORY = 8 * 2**20
_HOUR = re.compile(r"_(\d+)#\d+\.json\.gz$")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive: gzipped lines. `uuids` are its events in order, with repeats."""

    name: str
    data: bytes
    uuids: tuple[str, ...]

    @property
    def events(self) -> int:
        """Return the number of lines."""
        return len(self.uuids)


def member_name(day: date, hour: int, part: int, project_id: int = DEFAULT.number) -> str:
    """Return Amplitude's name for a member; the hour is not zero-padded."""
    return f"{project_id}/{project_id}_{day}_{hour}#{part}.json.gz"


def hour_of(name: str) -> int:
    """Return the UTC hour in a member's name; raise ValueError if there is none."""
    found = _HOUR.search(name)
    if found is None:
        raise ValueError(f"not a member's name: {name}")
    return int(found[1])


def zip_of(members: Iterable[Member]) -> BinaryIO:
    """Return a zip of the members, stored, at its start; the same members give the same bytes."""
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            # ZipInfo's default date, 1980, keeps the bytes the same.
            archive.writestr(zipfile.ZipInfo(member.name), member.data)
    file.seek(0)
    return file
