"""Today's records have all keys of those of 0.5.0, so that an old worker can read them.

It ignores the keys that came later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.upgrade.recorder import Recorder
from tests.upgrade.recordings import ADDED_COLUMNS, OLD, Recording, joined, known, shape

RUNS = (
    "setup_rendered",
    "setup",
    "daily",
    "daily_windows",
    "daily_unfinished",
    "ip_networks",
    "doctor",
)


@pytest.fixture
def new(recorded: Recorder) -> Recording:
    """The recordings of today's code in the same runs."""
    return Recording(recorded.folder)


def xcoms(recording: Recording, run: str) -> dict[str, Any]:
    """Return the shape of each task's XComs, by task and key."""
    found: dict[str, list[Any]] = {}
    for xcom in recording.run(run)["xcoms"]:
        found.setdefault(f"{xcom['task_id']} {xcom['key']}", []).append(shape(xcom["value"]))
    return {task: joined(shapes) for task, shapes in found.items()}


def asset_events(recording: Recording, run: str) -> dict[str, Any]:
    """Return the shape of each asset event's extra, by task and asset."""
    events = recording.run(run)["asset_events"]
    return {f"{e['source_task_id']} {e['asset']}": shape(e["extra"]) for e in events}


def files(recording: Recording, pattern: str) -> Iterator[Any]:
    """Yield the JSON values in the volume's files: one per file, and one per line of `.jsonl`."""
    for path in sorted((recording.folder / "volume").glob(pattern)):
        text = path.read_text()
        values = filter(None, text.split("\n")) if path.suffix == ".jsonl" else [text]
        yield from map(json.loads, values)


@pytest.mark.parametrize("run", RUNS)
def test_the_xcoms_have_the_same_keys(new: Recording, run: str) -> None:
    """This holds for each task of each DAG at every depth, and the values have the same types."""
    old = xcoms(OLD, run)
    assert known(xcoms(new, run), old) == old


@pytest.mark.parametrize("run", ["daily", "daily_windows", "ip_networks", "doctor"])
def test_the_asset_events_have_the_same_keys(new: Recording, run: str) -> None:
    """DAGs of other teams read them, too."""
    old = asset_events(OLD, run)
    assert known(asset_events(new, run), old) == old != {}


def test_the_layers_of_the_transform_have_the_same_keys(new: Recording) -> None:
    """These are XComs, events of the gold tables, and the list of models left to build."""
    assert new.read("layers.json") == OLD.read("layers.json")
    assert [*files(new, "dbt/*.json")] == [*files(OLD, "dbt/*.json")] != []
    events = {e["asset"]: shape(e["extra"]) for e in OLD.run("transform")["asset_events"]}
    assert shape(new.read("layers.json")["asset_events"]) == events


@pytest.mark.parametrize("pattern", ["*/*/*/manifest.json", "*/*/*/uploaded.jsonl"])
def test_the_files_of_a_run_have_the_same_keys(new: Recording, pattern: str) -> None:
    """These are the manifest and the receipts of an unfinished upload."""
    old, now = (joined(map(shape, files(each, pattern))) for each in (OLD, new))
    assert known(now, old) == old is not None


def test_the_files_are_in_the_same_places(new: Recording) -> None:
    """Paths on the volume and in the bucket differ only in the names of days, runs and marks.

    Manifests in the bucket are new. The list of a failed layer is excluded: dbt's models have other
    names since 0.6.0, and no run continues with a list of the old ones.
    """

    def places(recording: Recording) -> list[str]:
        days = {f"{recording.day(run)}": run for run in RUNS if run.startswith("daily")}
        days |= {day.replace("-", ""): run for day, run in days.items()}
        found = []
        for path in recording.folder.glob("[vb]*/**/*"):
            place = f"{path.relative_to(recording.folder)}"
            for day, run in days.items():
                place = place.replace(day, run)
            parts = ["run" if part.startswith("manual__20") else part for part in place.split("/")]
            if (
                path.is_file()
                and not place.endswith(".mark")
                and parts[:2] != ["volume", "dbt"]
                and (parts[:3] != ["bucket", "python-import", "manifests"])
            ):
                found.append("/".join(parts))
        return sorted(found)

    assert places(new) == places(OLD)


@pytest.mark.parametrize("table", ["amplitude_raw", "amplitude_loads", "ip_networks"])
def test_the_tables_have_the_same_columns(new: Recording, table: str) -> None:
    """Their order is the same, too; new ones come last, as the set-up adds them."""
    added = ADDED_COLUMNS.get(table, [])
    (now, *_), (old, *_) = (each.read(f"tables/{table}.json") for each in (new, OLD))
    assert (now.pop("UUID", None) is None) == (old.pop("UUID", None) is None)
    assert [*now] == [*old, *added]


@pytest.mark.parametrize("name", ["waiting.json", "deadline.json"])
def test_airflows_stored_records_have_the_same_keys(new: Recording, name: str) -> None:
    """These are a run that waits for its day, and a run's deadline."""
    assert shape(new.read(name)) == shape(OLD.read(name))
