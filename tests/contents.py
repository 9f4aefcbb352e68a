"""An Amplitude project whose hours are set by a test, served by the Export API's stand-in."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from random import Random

from local.export_api.archive import Member, member_name
from local.export_api.export import Export
from local.export_api.projects import DEFAULT, Project
from local.export_api.server import ExportServer
from local.faulty_server import InThread


class Contents(Export):
    """A project that is empty until hours are set; the next request gets the newest content."""

    def __init__(self, project: Project = DEFAULT) -> None:
        super().__init__(project=project)
        self._parts: dict[tuple[date, int], dict[int, Member]] = {}

    def set(
        self, day: date, hour: int, part: int, uuids: Sequence[str], event_bytes: int = 0
    ) -> None:
        """Set the events of a part, each of at least `event_bytes`.

        They compress to half as many bytes. Without uuids the part does not exist.
        """
        parts = self._parts.setdefault((day, hour), {})
        if not uuids:
            parts.pop(part, None)
            return
        lines = "".join(_line(uuid, event_bytes) for uuid in uuids)
        name = member_name(day, hour, part, self.project.number)
        packed = gzip.compress(lines.encode(), compresslevel=1, mtime=0)
        parts[part] = Member(name, packed, tuple(uuids))

    def hour(self, day: date, hour: int) -> list[Member]:
        """Return the members of a UTC hour; an empty list for an empty hour."""
        parts = self._parts.get((day, hour), {})
        return [parts[part] for part in sorted(parts)]

    def expected(self, day: date) -> dict[int, list[str]]:
        """Return `expected_uuids` like `Table.uuids`: sorted, only hours with events."""
        return {hour: sorted(uuids) for hour, uuids in self.expected_uuids(day).items()}


def _line(uuid: str, size: int) -> str:
    # Of the uuid's ASCII form: half a surrogate pair has no bytes.
    filler = Random(ascii(uuid)).randbytes(size // 2).hex()
    return json.dumps({"event_type": "seen", "uuid": uuid, "filler": filler}) + "\n"


@contextmanager
def served(*contents: Contents) -> Iterator[ExportServer]:
    """Serve these projects on a free port.

    The server has `url`, `requests` and `faults.add(name, …)`.
    """
    server = ExportServer(0, contents)
    with InThread(server):
        yield server
