"""What today's code hands over and stores has the keys that 0.5.0 wrote: an old worker reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.upgrade.recorder import Recorder
from tests.upgrade.recordings import OLD, Recording, joined, shape

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
    """What today's code has handed over in the same runs."""
    return Recording(recorded.folder)


def xcoms(recording: Recording, run: str) -> dict[str, Any]:
    """The shape of each task's XComs, by task and key."""
    found: dict[str, list[Any]] = {}
    for xcom in recording.run(run)["xcoms"]:
        found.setdefault(f"{xcom['task_id']} {xcom['key']}", []).append(shape(xcom["value"]))
    return {task: joined(shapes) for task, shapes in found.items()}


def asset_events(recording: Recording, run: str) -> dict[str, Any]:
    """The shape of each asset event's extra, by task and asset."""
    events = recording.run(run)["asset_events"]
    return {f"{e['source_task_id']} {e['asset']}": shape(e["extra"]) for e in events}


def files(recording: Recording, pattern: str) -> Iterator[Any]:
    """The JSON values in the volume's files: one a file, and one a line of `.jsonl`."""
    for path in sorted((recording.folder / "volume").glob(pattern)):
        text = path.read_text()
        values = filter(None, text.split("\n")) if path.suffix == ".jsonl" else [text]
        yield from map(json.loads, values)


@pytest.mark.parametrize("run", RUNS)
def test_the_xcoms_have_the_same_keys(new: Recording, run: str) -> None:
    """Of each task of each DAG, down to the last one, and values of the same kinds."""
    assert xcoms(new, run) == xcoms(OLD, run)


@pytest.mark.parametrize("run", ["daily", "daily_windows", "ip_networks", "doctor"])
def test_the_asset_events_have_the_same_keys(new: Recording, run: str) -> None:
    """For DAGs of other people, too."""
    assert asset_events(new, run) == asset_events(OLD, run) != {}


def test_the_layers_of_the_transform_have_the_same_keys(new: Recording) -> None:
    """XComs, events of the gold tables, and the list of what a failed layer has left to build."""
    assert new.read("layers.json") == OLD.read("layers.json")
    assert [*files(new, "dbt/*.json")] == [*files(OLD, "dbt/*.json")] != []
    events = {e["asset"]: shape(e["extra"]) for e in OLD.run("transform")["asset_events"]}
    assert shape(new.read("layers.json")["asset_events"]) == events


@pytest.mark.parametrize("pattern", ["*/*/*/manifest.json", "*/*/*/uploaded.jsonl"])
def test_the_files_of_a_run_have_the_same_keys(new: Recording, pattern: str) -> None:
    """The manifest, and a line of what an unfinished upload has sent."""
    old, now = (joined(map(shape, files(each, pattern))) for each in (OLD, new))
    assert now == old is not None


def test_the_files_are_in_the_same_places(new: Recording) -> None:
    """On the volume and in the bucket, but for the names of days, runs and marks.

    Not what a failed layer leaves: dbt's models have other names since 0.6.0, and no run goes on
    with a list of the old ones.
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
            if path.is_file() and not place.endswith(".mark") and parts[:2] != ["volume", "dbt"]:
                found.append("/".join(parts))
        return sorted(found)

    assert places(new) == places(OLD)


@pytest.mark.parametrize("table", ["amplitude_raw", "amplitude_loads", "ip_networks"])
def test_the_tables_have_the_same_columns(new: Recording, table: str) -> None:
    """In the same order."""
    columns = [[*row] for row in new.read(f"tables/{table}.json")[:1]]
    assert columns == [[*row] for row in OLD.read(f"tables/{table}.json")[:1]] != []


@pytest.mark.parametrize("name", ["waiting.json", "deadline.json"])
def test_what_airflow_stores_has_the_same_keys(new: Recording, name: str) -> None:
    """Of a run that waits for its day, and of a run's deadline."""
    assert shape(new.read(name)) == shape(OLD.read(name))
