"""A second look is killed at each side effect of its own: its note is whole, or not there."""

from __future__ import annotations

import signal
from itertools import count

import pytest

from tests.crashes.deployment import Deployment
from tests.crashes.kills import Kill
from tests.crashes.processes import run
from tests.crashes.replaced import DAY, Replaced, succeed
from tests.days import Day

_NUMBERS = count(1)
POINTS = {
    "before the lock": ("compare", "^execute update amplitude_lock"),
    "after the lock": ("compare", "^answered update amplitude_lock"),
    "during the note": ("compare", "^sent update amplitude_loads"),
    "before COMMIT": ("compare", "^execute commit"),
    "during COMMIT": ("compare", "^sent commit"),
    "after COMMIT": ("compare", "^answered commit"),
    "before the archive is discarded": ("decide", "^rename "),
    "before the archive is removed": ("decide", r"^remove .*\.zip$"),
    "before its folder is removed": ("decide", "^rmdir "),
}


@pytest.fixture(scope="module")
def loaded(deployment: Deployment) -> Replaced:
    """A loaded day."""
    replaced = Replaced.loaded_before(deployment)
    succeed(replaced.day)
    return replaced


def look_at(loaded: Replaced) -> Day:
    name = f"look-{next(_NUMBERS)}"
    return loaded.deployment.run_of(DAY, name, window_hours=24, ages=(3,))


def notes(loaded: Replaced) -> list[bool]:
    query = "select verified_at from amplitude_loads where export_day = %s"
    return [at is not None for (at,) in loaded.deployment.table.rows(query, f"{DAY}")]


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_killed_look_changes_nothing_but_its_note(loaded: Replaced, point: str) -> None:
    """Run again, it ends as it would have: the day is verified, and its archive removed."""
    task, at = POINTS[point]
    succeed(loaded.day, "load", "clean_up")
    assert notes(loaded) == [False] * 24
    look = look_at(loaded)
    succeed(look, "export", *(["compare"] if task == "decide" else []))
    assert run(look, task, kill=Kill(at)).code == -signal.SIGKILL
    assert len({*notes(loaded)}) == 1
    assert loaded.rows == loaded.new
    if task == "compare":
        succeed(look, "compare")
    ended = run(look, "decide")
    assert (ended.code, ended.error) == (1, "AirflowSkipException"), ended
    assert notes(loaded) == [True] * 24
    assert loaded.rows == loaded.new
    assert not [*loaded.deployment.volume.rglob(f"*{look.run_id}*")]
    verdict = loaded.deployment.verdict(DAY)
    assert (verdict.loaded, verdict.problems, verdict.compared) == (True, [], True)
