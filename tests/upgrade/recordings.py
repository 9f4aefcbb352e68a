"""The recordings of a version, as written by `recorder.py`, and ways to restore them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from amplitude_export.window import DAY

from tests.upgrade.deployment import BUCKET, ROOT, Deployment

# Keys of records, and columns of tables, that later versions have added at the end.
ADDED_COLUMNS = {
    "amplitude_raw": ["PROJECT"],
    "amplitude_loads": [
        "EXPORTED_AT",
        "REPLACED_EVENTS",
        "REPLACED_RUN_ID",
        "PROJECT_ID",
        "PROJECT",
    ],
}
RAW, LOADS = "amplitude.raw.amplitude_raw", "amplitude.raw.amplitude_loads"


@dataclass(frozen=True)
class Recording:
    """The recordings of one version, in the folder that the recorder wrote."""

    folder: Path

    def read(self, name: str) -> Any:
        """Return the JSON value of one file."""
        return json.loads((self.folder / name).read_text())

    def run(self, name: str) -> dict[str, Any]:
        """Return a run: its id, its task instances, its XComs and its asset events."""
        run: dict[str, Any] = self.read(f"runs/{name}.json")
        return run

    def xcoms(self, name: str, task_id: str, key: str = "return_value") -> list[Any]:
        """Return the XComs of a task's instances in the run, in the order of their map index."""
        found = self.run(name)["xcoms"]
        return [x["value"] for x in found if (x["task_id"], x["key"]) == (task_id, key)]

    def xcom(self, name: str, task_id: str, key: str = "return_value") -> Any:
        """Return the XCom of a task that has one instance in the run."""
        (value,) = self.xcoms(name, task_id, key)
        return value

    def place(self, name: str, volume: Path) -> dict[str, str]:
        """Return the arguments with which a task of the run finds its files on the volume."""
        return {"data_dir": str(volume), "run_id": self.run(name)["run_id"]}

    def daily_place(self, name: str, volume: Path) -> dict[str, Any]:
        """Return the same for a task of the daily DAG, which also gets its run."""
        return {**self.place(name, volume), "dag_run": self.dag_run(name)}

    def day(self, name: str) -> date:
        """Return the day of a run of the daily DAG."""
        return date.fromisoformat(self.xcom(name, "wait_for_day"))

    def dag_run(self, name: str) -> SimpleNamespace:
        """Return Airflow's run of the daily DAG, as far as tasks read it."""
        begin = datetime.fromisoformat(self.run(name)["logical_date"])
        return SimpleNamespace(logical_date=begin, run_after=begin + DAY)

    def rows(self, table: str, day: date) -> list[dict[str, Any]]:
        """Return the day's rows of AMPLITUDE_RAW or AMPLITUDE_LOADS."""
        return [row for row in self.read(f"tables/{table}.json") if row["EXPORT_DAY"] == f"{day}"]

    def statement(self, name: str) -> str:
        """Return a statement of its load, such as `take_lock`."""
        return (self.folder / "sql" / "load" / f"{name}.sql").read_text()

    def restore_tables(self, deployment: Deployment) -> None:
        """Replace the three tables of the loads by those of its set-up, with the rows of all days.

        They belong to the owner, as its set-up left them; the grants are missing. It has no ledger
        of files.
        """
        created = self.xcom("setup_rendered", "create_objects")["run"]
        with deployment.session() as cursor:
            cursor.execute("use role amplitude_owner")
            cursor.execute("use schema amplitude.raw")
            for table in ("amplitude_raw", "amplitude_loads", "amplitude_lock"):
                (statement,) = re.findall(
                    rf"^create table if not exists {table}\b[^;]*;", created, re.M
                )
                cursor.execute(f"drop table {table}")
                cursor.execute(statement)
            cursor.execute("drop table if exists amplitude_files")
        for name in ("daily", "daily_windows"):
            self.restore_day(deployment, self.day(name))

    def restore_volume(self, folder: Path) -> Path:
        """Copy the volume below the folder, and return its path.

        Git stores neither empty folders nor modification times.
        """
        volume = Path(shutil.copytree(self.folder / "volume", folder / "volume"))
        for manifest in volume.rglob("manifest.json"):
            if not (manifest.parent / "loaded").exists():
                (manifest.parent / "json").mkdir(exist_ok=True)
        return volume

    def restore_bucket(self, deployment: Deployment) -> None:
        """Put the objects into the deployment's bucket."""
        bucket = self.folder / "bucket"
        for path in filter(Path.is_file, bucket.rglob("*")):
            key = f"{path.relative_to(bucket)}"
            deployment.s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())

    def restore_day(self, deployment: Deployment, day: date) -> None:
        """Put the day's rows into both tables; an event has only its uuid."""
        with deployment.session() as cursor:
            for table in (RAW, LOADS):
                cursor.execute(f"delete from {table} where export_day = '{day}'")
            for row in self.rows("amplitude_raw", day):
                uuid = row.pop("UUID")
                _insert(cursor, RAW, {**row, "JSON_DATA": json.dumps({"uuid": uuid})})
            for row in self.rows("amplitude_loads", day):
                _insert(cursor, LOADS, row)


OLD = Recording(ROOT / "tests" / "fixtures" / "0.5.0")


def shape(value: Any) -> Any:
    """Return the keys at every depth with their types; a list's entries have one merged shape.

    Keys that were added since are left out.
    """
    if isinstance(value, dict):
        return {key: shape(of) for key, of in value.items()}
    if isinstance(value, list):
        return [joined(map(shape, value))]
    return {"number"} if type(value) in (int, float) else {type(value).__name__}


def known(value: Any, old: Any) -> Any:
    """Return the value, or shape, without the keys that 0.5.0 does not have and so ignores."""
    if isinstance(value, dict) and isinstance(old, dict):
        return {key: known(of, old[key]) for key, of in value.items() if key in old}
    if isinstance(value, list) and isinstance(old, list) and len(value) == len(old):
        return [known(each, before) for each, before in zip(value, old, strict=True)]
    return value


def joined(shapes: Iterable[Any]) -> Any:
    """Merge the shapes into one that covers all of them."""
    found: Any = None
    for each in shapes:
        found = each if found is None else _join(found, each)
    return found


def _join(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        # A key that is missing in one of them is marked.
        return {
            key: _join(one[key], other[key])
            if key in one and key in other
            else {"sometimes": one.get(key, other.get(key))}
            for key in {**one, **other}
        }
    if isinstance(one, list) and isinstance(other, list):
        return [joined(filter(None, (*one, *other)))]
    if isinstance(one, set) and isinstance(other, set):
        return one | other
    return one if one == other else {"either": [one, other]}


def _insert(cursor: Any, table: str, row: dict[str, Any]) -> None:
    values = ", ".join("parse_json(%s)" if name == "JSON_DATA" else "%s" for name in row)
    cursor.execute(f"insert into {table} ({', '.join(row)}) select {values}", tuple(row.values()))
