"""Cleaning removes nothing but what is safe in bucket and table, in any state of a real folder."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from amplitude_export.inventory.clean import UNDER_WAY, UNKNOWN, Cleaner
from amplitude_export.inventory.kinds import Scope
from amplitude_export.inventory.proof import NOT_LOADED
from amplitude_export.inventory.recorded import Ledgers, RecordedFile, RecordedHour
from amplitude_export.manifest import LandedFile, Manifest, crc32_text
from amplitude_export.record import to_record
from amplitude_export.window import plan_windows
from amplitude_export.workspace import Workspace, object_key, quarantine_key
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 10, 10, tzinfo=UTC)
DAYS = (date(2026, 9, 24), date(2026, 9, 25))
PROJECTS = ("default", "app")
CONTENT = {"same": b'{"uuid": 1}\n', "other": b'{"uuid": 2}\n', "longer": b'{"uuid": 10}\n'}
SAME = CONTENT["same"]
CRC = crc32_text(zlib.crc32(SAME))


@dataclass(frozen=True)
class Landed:
    """One file: its content on the volume, its row in the ledger, its object."""

    local: str | None
    row: str | None
    stored: str | None
    is_quarantined: bool


@dataclass(frozen=True)
class Run:
    """One run's folder; `marked` is the age of its mark in days, `archive` what its zip is."""

    project: str
    day: date
    marked: int | None
    archive: str | None
    manifest: str | None
    files: tuple[Landed, ...]
    extras: tuple[str, ...]


FILE = Landed("same", "same", "same", False)
SAFE = Run("default", DAYS[0], None, "named", "whole", (FILE,), ())
DEFECTS = {
    "other content": replace(SAFE, files=(replace(FILE, local="other"),)),
    "another size": replace(SAFE, files=(replace(FILE, local="longer"),)),
    "not in the ledger": replace(SAFE, files=(replace(FILE, row=None),)),
    "another checksum in the ledger": replace(SAFE, files=(replace(FILE, row="other"),)),
    "not in the bucket": replace(SAFE, files=(FILE, replace(FILE, stored=None))),
    "another size in the bucket": replace(SAFE, files=(replace(FILE, stored="longer"),)),
    "not on the volume nor in the bucket": replace(
        SAFE, files=(Landed(None, "same", None, False),)
    ),
    "quarantined, with other content": replace(
        SAFE, files=(Landed("other", "same", "same", True),)
    ),
    "an archive that is newer than its manifest": replace(SAFE, archive="newer"),
    "an archive that its manifest does not name": replace(SAFE, archive="unnamed"),
    "no manifest": replace(SAFE, manifest=None),
    "a broken manifest": replace(SAFE, manifest="broken"),
    "a file of someone else": replace(SAFE, extras=("odd.bin",)),
    "JSON that came after the mark": replace(
        SAFE, marked=8, files=(replace(FILE, local="other", row=None),)
    ),
}
files = st.sampled_from(
    [
        *[FILE] * 4,
        *(file for run in DEFECTS.values() for file in run.files),
        replace(FILE, row="unknown"),
    ]
)
runs = st.builds(
    Run,
    st.sampled_from(PROJECTS),
    st.sampled_from(DAYS),
    st.sampled_from([None, None, 1, 8]),
    st.sampled_from([*["named"] * 4, None, "newer", "unnamed"]),
    st.sampled_from([*["whole"] * 4, None, "broken"]),
    st.lists(files, max_size=3).map(tuple),
    st.sampled_from([*[()] * 3, ("gaps.json",), (".x.part",), ("odd.bin",)]),
)


class State:
    """A volume, a bucket and a ledger with these runs; `busy` are days of a run under way."""

    def __init__(
        self, volume: Path, found: list[Run], loaded: set[date], busy: set[date] | None
    ) -> None:
        self.volume, self.busy = volume, busy
        self.objects: dict[str, int] = {}
        rows: dict[tuple[str, str], RecordedFile] = {}
        self.runs: dict[str, Run] = {}
        for number, run in enumerate(found):
            space = self._make(number, run, rows)
            self.runs[f"{space.folder.relative_to(space.volume or volume)}"] = run
        hours = {
            (project, day): {0: RecordedHour(1, 1, 0)} for project in PROJECTS for day in loaded
        }
        self.ledgers = Ledgers(rows, hours)
        (volume / "dbt").mkdir()
        (volume / "dbt" / "index.html").write_bytes(b"x")

    def _make(self, number: int, run: Run, rows: dict[tuple[str, str], RecordedFile]) -> Workspace:
        (window,) = plan_windows(run.day, 24)
        space = Workspace.of(self.volume, window, f"run {number}", run.project).open()
        files = {False: [], True: []}
        for part, file in enumerate(run.files):
            kind, key_of, folder = (
                ("txt", quarantine_key, space.quarantine_folder)
                if file.is_quarantined
                else ("json", object_key, space.json_folder)
            )
            # The names of two runs are the same as often as those of two parts.
            name = f"1{PROJECTS.index(run.project)}_{run.day}_00_{part}.{kind}"
            key = key_of(run.day, name)
            files[file.is_quarantined].append(LandedFile(0, part, name, key, 1, len(SAME), CRC))
            if file.local:
                folder.mkdir(exist_ok=True)
                (folder / name).write_bytes(CONTENT[file.local])
            if file.stored:
                self.objects[key] = len(CONTENT[file.stored])
            if file.row:
                size, crc = len(SAME), {"same": CRC, "other": "AAAAAA=="}.get(file.row)
                known = None if file.row == "unknown" else size
                row = RecordedFile(run.project, run.day, file.is_quarantined, key, 1, known, crc)
                rows[run.project, key] = row
        archive = space.archive(window)
        if run.manifest == "whole":
            named = [archive.name] if run.archive in ("named", "newer") else []
            manifest = Manifest(window, files[False], named, files[True])
            space.manifest.write_text(json.dumps(to_record(manifest)))
        elif run.manifest:
            space.manifest.write_text("{")
        if run.archive:
            archive.write_bytes(b"zip")
            moment = NOW.timestamp() if run.archive == "newer" else 0
            os.utime(archive, (moment, moment))
        if run.manifest:
            os.utime(space.manifest, (1000, 1000))
        for name in run.extras:
            (space.folder / name).write_bytes(b"x")
        if run.marked is not None:
            moment = (NOW - timedelta(days=run.marked)).timestamp()
            space.loaded.touch()
            os.utime(space.loaded, (moment, moment))
        return space

    def under_way(self, project: str, day: date, names: Collection[str]) -> bool | None:
        assert all(name.startswith("run-") for name in names)
        return None if self.busy is None else day in self.busy

    def tree(self) -> dict[str, bytes]:
        """Return the content of each file."""
        return {
            f"{path.relative_to(self.volume)}": path.read_bytes()
            for path in self.volume.rglob("*")
            if path.is_file()
        }

    def can_go(self, path: str, content: bytes, archive_days: int) -> bool:
        """Return True if a person would let this file go, knowing bucket, table and its folder."""
        folder = next(each for each in self.runs if path.startswith(f"{each}/"))
        run, name = self.runs[folder], path.removeprefix(f"{folder}/")
        if self.busy is None or run.day in self.busy:
            return False
        if name.endswith(".part"):
            return True
        if (run.project, run.day) not in self.ledgers.hours:
            return False
        is_old = run.marked is not None and run.marked >= archive_days
        if name.startswith("json/"):
            return self._is_stored(run, object_key(run.day, Path(name).name), content)
        if is_old:
            return True
        if name == "odd.bin":
            return False
        if name.startswith("quarantine/"):
            key = quarantine_key(run.day, Path(name).name)
            return archive_days == 0 and self._is_stored(run, key, content)
        if name.endswith(".zip"):
            whole = run.manifest == "whole" and run.archive == "named"
            stored = all(
                self._is_stored(run, self._key(run, part), SAME) for part in range(len(run.files))
            )
            return run.marked is None and archive_days == 0 and whole and stored
        return True

    def _key(self, run: Run, part: int) -> str:
        of, kind = (
            (quarantine_key, "txt") if run.files[part].is_quarantined else (object_key, "json")
        )
        return of(run.day, f"1{PROJECTS.index(run.project)}_{run.day}_00_{part}.{kind}")

    def _is_stored(self, run: Run, key: str, content: bytes) -> bool:
        row = self.ledgers.files.get((run.project, key))
        same = (
            row
            and row.bytes in (None, len(content))
            and row.crc32 in (None, crc32_text(zlib.crc32(content)))
        )
        return bool(same) and self.objects.get(key) == len(content)


def clean(
    found: list[Run], loaded: set[date], busy: set[date] | None, archive_days: int
) -> dict[str, str]:
    """Clean, check that nothing unsafe went, and return the reason of each folder that stayed."""
    with TemporaryDirectory() as folder:
        state = State(Path(folder), found, loaded, busy)
        before = state.tree()
        now = NOW if archive_days else datetime.now(UTC) + timedelta(minutes=1)
        known = state.objects, state.ledgers, state.under_way
        cleaned = Cleaner(state.volume, *known, archive_days, now).clean(Scope())
        after = state.tree()
        gone = before.keys() - after.keys()
        assert [each for each in gone if not state.can_go(each, before[each], archive_days)] == []
        assert all(after[path] == before[path] for path in before.keys() & after.keys())
        assert {Path(path).name for path in after.keys() - before.keys()} <= {"loaded"}
        assert (cleaned.files, cleaned.bytes) == (len(gone), sum(len(before[p]) for p in gone))
        reasons = {each.folder: each.why for each in cleaned.stayed}
        assert reasons.keys() == {path for path in state.runs if (state.volume / path).exists()}
        return reasons


@given(
    st.lists(runs, min_size=1, max_size=3),
    st.sampled_from([set(DAYS), set(DAYS), {DAYS[0]}, set()]),
    st.sampled_from([set(), set(), {DAYS[1]}, set(DAYS)]),
    st.sampled_from([0, 0, 7]),
)
def test_nothing_goes_that_is_not_safe(
    found: list[Run], loaded: set[date], busy: set[date], archive_days: int
) -> None:
    """Each file that goes is in bucket and table; each folder that stays is named with a reason."""
    clean(found, loaded, busy, archive_days)


@pytest.mark.parametrize("defect", DEFECTS)
def test_one_defect_is_enough_to_stay(defect: str) -> None:
    """The reason is not that a run is under way, nor that archives stay for some days."""
    (why,) = clean([DEFECTS[defect]], {DAYS[0]}, set(), 0).values()
    assert why.startswith(("it ", "1", "odd.bin ", "export_", "AMPLITUDE_FILES "))


def test_what_is_safe_goes_unless_a_run_is_under_way() -> None:
    """The JSON goes at once, the archive by amplitude_archive_days; a busy day is not touched."""
    safe = replace(
        SAFE, files=(FILE, replace(FILE, row="unknown"), Landed("same", "same", "same", True))
    )
    assert clean([safe], {DAYS[0]}, set(), 0) == {}
    assert [*clean([safe], {DAYS[0]}, set(), 7).values()] == [
        "archives stay for 7 days (amplitude_archive_days)"
    ]
    assert [*clean([safe], {DAYS[0]}, {DAYS[0]}, 0).values()] == [UNDER_WAY]
    assert [*clean([safe], {DAYS[0]}, None, 0).values()] == [UNKNOWN]
    assert [*clean([safe], {DAYS[1]}, set(), 0).values()] == [NOT_LOADED]
