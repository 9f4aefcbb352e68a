"""An hour that is exported again is the same, or says how many events are new and gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export.decompress.decompress import decompress
from amplitude_export.errors import ArchiveDamaged, ArchiveRefused
from amplitude_export.ledger import LookedHour
from amplitude_export.second_look import compare
from amplitude_export.second_look.compare import compare_hour
from amplitude_export.second_look.exported import UNREADABLE, ExportedDay, ExportedHour, FileSum
from amplitude_export.second_look.loaded import LoadedHour
from amplitude_export.workspace import LANDING_FORMATS, Workspace

from tests import exports
from tests.archives import WHOLE_DAY, bomb, events, gz, name, zipped

HOUR = 2
BAD = b"{cut\n"

Look = Callable[..., LookedHour]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.of(tmp_path, WHOLE_DAY, "run").open()


@pytest.fixture
def day(workspace: Workspace) -> Callable[..., ExportedDay]:
    """Return a function that writes an archive of parts of one hour, and reads it."""

    def day(*parts: bytes) -> ExportedDay:
        members = {name(HOUR, part): gz(text) for part, text in enumerate(parts)}
        zipped(workspace.archive(WHOLE_DAY), members)
        return ExportedDay(exports.exported(workspace, WHOLE_DAY), workspace)

    return day


@pytest.fixture
def look(day: Callable[..., ExportedDay]) -> Look:
    """Return a function that compares parts with an hour whose events have these numbers."""

    def look(
        *parts: bytes, had: range | list[int], quarantined: int = 0, files: bool = False
    ) -> LookedHour:
        now = day(*parts)
        sums = Counter([FileSum(len(had), 1, "AAAAAA==")]) if files else None
        before = LoadedHour(len(had), quarantined, None, sums)
        return compare_hour(
            HOUR,
            before,
            now.hours().get(HOUR, ExportedHour()),
            lambda: now.uuids(HOUR),
            lambda: iter(f"u{number}" for number in had),
        )

    return look


@pytest.mark.parametrize("landing_format", LANDING_FORMATS)
def test_the_sums_are_those_of_the_files_that_land(
    day: Callable[..., ExportedDay], workspace: Workspace, landing_format: str
) -> None:
    """Whatever the landing format: blank lines, a byte order mark, no newline, an empty part."""
    found = day(b"\xef\xbb\xbf" + events(3) + b" \n\n" + events(1, 9).rstrip(), b"\n \n", events(2))
    exported = exports.exported(workspace, WHOLE_DAY)
    landed = decompress(exported, workspace, landing_format).files
    sums = Counter(FileSum(f.events, f.json_bytes or 0, f.json_crc32 or "") for f in landed)
    assert found.hours() == {HOUR: ExportedHour(6, sums)}
    assert [*found.uuids(HOUR)] == ["u0", "u1", "u2", "u9", "u0", "u1"]


def test_equal_files_are_the_same_without_a_look_at_their_events(
    day: Callable[..., ExportedDay],
) -> None:
    """In whatever parts they come."""

    def never() -> None:
        raise AssertionError

    before = day(events(3), events(2, 50)).hours()[HOUR]
    now = day(events(2, 50), events(3)).hours()[HOUR]
    loaded = LoadedHour(5, 0, None, before.files)
    assert compare_hour(HOUR, loaded, now, never, never) == LookedHour(HOUR, 5, 5)  # type: ignore[arg-type]


# What the archive has now, what was loaded, quarantined lines; then `now`, `new` and `gone`.
LOOKS: dict[str, tuple[list[bytes], list[int], int, tuple[int, int, int]]] = {
    "the same in other parts": ([events(2, 3), events(3)], [4, 3, 2, 1, 0], 0, (5, 0, 0)),
    "the same with a repeat": ([events(3) + events(1)], [0, 0, 1, 2], 0, (4, 0, 0)),
    "one more": ([events(4)], [0, 1, 2], 0, (4, 1, 0)),
    "one more of the same uuid": ([events(3) + events(1)], [0, 1, 2], 0, (4, 1, 0)),
    "one less": ([events(2)], [0, 1, 2], 0, (2, 0, 1)),
    "as many others": ([events(3, 1)], [0, 1, 2], 0, (3, 1, 1)),
    "nothing any more": ([], [0, 1, 2], 0, (0, 0, 3)),
    "events where none were": ([events(2)], [], 0, (2, 2, 0)),
    "an event without a uuid": ([b'{"a": 1}\n' + events(1)], [0], 0, (2, 1, 0)),
    "the quarantined line again": ([events(2) + BAD], [0, 1], 1, (3, 0, 0)),
    "a second bad line": ([events(2) + BAD + BAD], [0, 1], 1, (4, 1, 0)),
    "no bad line any more": ([events(2)], [0, 1], 1, (2, 0, 1)),
    "a bad line where none was": ([events(2) + BAD], [0, 1], 0, (3, 1, 0)),
}


@pytest.mark.parametrize("share", [1_000_000, 1], ids=["at once", "in shares"])
@pytest.mark.parametrize("files", [False, True], ids=["unknown sums", "other sums"])
@pytest.mark.parametrize("case", LOOKS, ids=str)
def test_events_decide_where_files_do_not(
    look: Look, monkeypatch: pytest.MonkeyPatch, case: str, files: bool, share: int
) -> None:
    """Each by its uuid, however many of them are in memory at once."""
    monkeypatch.setattr(compare, "MAX_UUIDS", share)
    parts, had, quarantined, (now, new, gone) = LOOKS[case]
    found = look(*parts, had=had, quarantined=quarantined, files=files)
    assert found == LookedHour(HOUR, len(had) + quarantined, now, new, gone)
    assert found.differs == bool(new or gone)


def test_a_line_that_is_too_long_is_one_line(day: Callable[..., ExportedDay]) -> None:
    """It comes in pieces, of which no one is an event."""
    found = day(events(1) + b'{"uuid": "' + b"x" * (17 * 2**20) + b'"}\n' + events(1, 1))
    assert found.hours()[HOUR].lines == 3
    assert [*found.uuids(HOUR)] == ["u0", UNREADABLE, "u1"]


def test_a_bomb_is_refused(workspace: Workspace) -> None:
    """As decompress refuses it."""
    zipped(workspace.archive(WHOLE_DAY), {name(HOUR): bomb(80)})
    with pytest.raises(ArchiveRefused, match="unpacks to more than"):
        ExportedDay(exports.exported(workspace, WHOLE_DAY), workspace).hours()


def test_another_archive_in_the_place_of_the_fetched_one_is_refused(workspace: Workspace) -> None:
    """Else it would be compared as Amplitude's."""
    fetched = exports.day(workspace, {HOUR: 3})
    exports.day(workspace, {HOUR: 4})
    with pytest.raises(ArchiveDamaged, match="is not the archive"):
        ExportedDay(fetched, workspace)
