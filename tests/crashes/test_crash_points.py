"""Each task is killed at each of its side effects and run again; then the day is repeated."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.crashes.deployment import Deployment
from tests.crashes.kills import Kill
from tests.crashes.processes import run
from tests.crashes.replaced import Replaced, succeed
from tests.days import TASKS

TWO_WINDOWS = {"window_hours": 12}
NO_ARCHIVES = {"archive_days": 0}


@dataclass(frozen=True)
class Point:
    """A kill of a task in a run with these settings, and the days that readers can see then."""

    task: str
    kill: Kill
    settings: Mapping[str, Any] = field(default_factory=dict)
    days: frozenset[str] = frozenset({"old"})


def old(task: str, at: str, nth: int = 1, **settings: Any) -> Point:
    """Expect the old day: nothing was committed, whatever the task had done."""
    return Point(task, Kill(at, nth), settings)


def new(task: str, at: str, nth: int = 1, **settings: Any) -> Point:
    """Expect the new day: the warehouse has confirmed the commit."""
    return Point(task, Kill(at, nth), settings, frozenset({"new"}))


def either(task: str, at: str) -> Point:
    """Expect either day: the commit is in progress."""
    return Point(task, Kill(at), days=frozenset({"old", "new"}))


POINTS = {
    "before the archive is renamed": old("export", r"^rename .*\.zip$"),
    "after the archive was renamed": old("export", r"^remove .*\.zip\.\w+\.part$"),
    "before the second archive": old("export", r"^open .*/12-23/.*\.part$", **TWO_WINDOWS),
    "before export's result is stored": old("export", "^open .*/xcoms/"),
    "in the middle of a file": old("decompress", "^check 2$"),
    "when the second file was begun": old("decompress", "^check 1$", nth=2),
    "before the manifest": old("decompress", r"^open .*manifest\.json"),
    "before the manifest is renamed": old("decompress", r"^rename .*manifest\.json$"),
    "after the manifest was renamed": old("decompress", r"^remove .*manifest\.json\.\w+\.part$"),
    "after the first put": old("upload", r"^open .*uploaded\.jsonl$"),
    "before the receipts are removed": old("upload", r"^remove .*uploaded\.jsonl$"),
    "after the receipts were removed": old("upload", "^open .*/xcoms/"),
    "after BEGIN": old("load", "^answered begin"),
    "after the lock": old("load", "^answered update amplitude_lock"),
    "after DELETE": old("load", "^answered delete from amplitude_raw"),
    "during COPY": old("load", "^sent copy into"),
    "after COPY": old("load", "^answered copy into"),
    "before COMMIT": old("load", "^execute commit"),
    "during COMMIT": either("load", "^sent commit"),
    "after COMMIT": new("load", "^answered commit"),
    "after the first removal": new("clean_up", r"^remove \d+_.*\.json$", nth=2),
    "before the mark": new("clean_up", "^open .*/loaded$"),
    "before the second mark": new("clean_up", "^open .*/loaded$", nth=2, **TWO_WINDOWS),
}


REMOVALS = {
    "before archives are discarded": new("clean_up", "^rename ", **NO_ARCHIVES),
    "before an archive is removed": new("clean_up", r"^remove .*\.zip$", **NO_ARCHIVES),
    "before the window's folder is removed": new("clean_up", "^rmdir .*/00-23$", **NO_ARCHIVES),
}


def named(points: Mapping[str, Point]) -> list[Any]:
    return [pytest.param(point, id=f"{point.task} {name}") for name, point in points.items()]


def killed_at(point: Point, deployment: Deployment) -> Replaced:
    """Kill the task; readers see the complete old or new day, and its ledger."""
    replaced = Replaced.loaded_before(deployment, **point.settings)
    if upstream := TASKS[: TASKS.index(point.task)]:
        succeed(replaced.day, *upstream)
    assert run(replaced.day, point.task, kill=point.kill).code == -signal.SIGKILL
    assert replaced.rows in [getattr(replaced, day) for day in point.days]
    replaced.require_ledger()
    return replaced


@pytest.mark.parametrize("point", named(POINTS))
def test_a_killed_task_loses_and_duplicates_nothing(deployment: Deployment, point: Point) -> None:
    """The task, run again, completes the day; running the whole day again changes nothing."""
    killed_at(point, deployment).resume_from(point.task)


@pytest.mark.parametrize("point", named(REMOVALS))
def test_the_next_clean_up_completes_a_killed_one(deployment: Deployment, point: Point) -> None:
    """With amplitude_archive_days=0, no file stays on the volume."""
    replaced = killed_at(point, deployment)
    succeed(replaced.day, point.task)
    assert [path for path in deployment.volume.rglob("*") if path.is_file()] == []
    replaced.resume_from(TASKS[0])
    assert list(deployment.volume.iterdir()) == []
