"""An inventory of a real bucket and a real volume names every object and file, and what it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.inventory.inventory import Inventory, take_inventory
from amplitude_export.inventory.kinds import Scope
from amplitude_export.inventory.report import lines
from amplitude_export.load.load import load_day
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.record import from_record, to_record
from amplitude_export.workspace import PREFIX, manifest_key, object_key, quarantine_key

from local.export_api import ExportApi
from tests.days import Day
from tests.pipeline.stand_ins import BUCKET, Table

# Days of this file alone. UNFILLED was loaded by a version without the ledger of files.
LOADED, UPLOADED, UNPACKED, QUARANTINED, UNFILLED = (date(2026, 3, day) for day in range(1, 6))
ALL = Scope(LOADED, UNFILLED)


def idle(project: str, day: date, runs: Collection[str]) -> bool:
    return False


@pytest.fixture
def run(tables: Any, s3: Any, api: ExportApi, volume: Path, tmp_path: Path) -> Callable[..., Day]:
    """Return a function that makes the run of a day; it does no task."""

    def run(day: date, run_id: str = "scheduled__run", **settings: Any) -> Day:
        xcoms = tmp_path / f"{day}-{run_id}"
        xcoms.mkdir()
        return Day(xcoms, volume, day, run_id, BUCKET, window_hours=24, **settings)

    return run


@pytest.fixture
def put(s3: Any) -> Iterator[Callable[..., str]]:
    """Return a function that puts an object and returns its key; they are deleted afterwards."""
    keys: set[str] = set()

    def put(key: str, body: bytes = b"{}\n") -> str:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        keys.add(key)
        return key

    yield put
    for key in keys:
        s3.delete_object(Bucket=BUCKET, Key=key)


def kinds(found: Inventory) -> dict[str, str]:
    """Return the kind of each name, which has one."""
    names = [item.name for item in found.items]
    assert len(names) == len(set(names))
    return {item.name: item.kind.value for item in found.items}


def load_by_hand(connect: Any, put: Callable[..., str], day: date, *parts: int) -> list[str]:
    """Load an event for each part of hour 7, and a quarantined line; return the keys."""
    files = []
    for part in parts:
        name = f"123456_{day}_07_{part}.json"
        body = json.dumps({"uuid": f"{day}-{part}"}).encode() + b"\n"
        files.append(LandedFile(7, part, name, put(object_key(day, name), body), 1, len(body), ""))
    name = f"123456_{day}_07_{parts[0]}.txt"
    bad = LandedFile(7, parts[0], name, put(quarantine_key(day, name), b"{\n"), 1, 2, "")
    load_day(connect, DayManifest(day, files, [bad]), "by_hand", accept_fewer=True)
    return [file.key for file in (*files, bad)]


def test_every_object_and_file_is_named(
    run: Callable[..., Day],
    put: Callable[..., str],
    s3: Any,
    connect: Any,
    table: Table,
    volume: Path,
) -> None:
    """Each kind that a bucket and a volume can have is there once at least."""
    run(LOADED).whole()
    uploaded = run(UPLOADED)
    for task in ("export", "decompress", "upload"):
        uploaded.do(task)
    unpacked = run(UNPACKED, landing_format="json.gz")
    unpacked.do("export")
    unpacked.do("decompress")
    quarantined = load_by_hand(connect, put, QUARANTINED, 0)
    unfilled = load_by_hand(connect, put, UNFILLED, 0, 1)
    table.cursor.execute("delete from amplitude_files where export_day = %s", (f"{UNFILLED}",))

    landed = sorted(
        row[0]
        for row in table.rows("select key from amplitude_files where export_day = %s", f"{LOADED}")
    )
    gone, changed = landed[:2]
    s3.delete_object(Bucket=BUCKET, Key=gone)
    put(changed)
    others = {
        put(object_key(LOADED, f"123456_{LOADED}_09_77.json")): "superseded",
        put(quarantine_key(LOADED, f"123456_{LOADED}_09_0.txt")): "superseded",
        put(object_key(LOADED, f"999999_{LOADED}_09_0.json")): "orphan",
        put(object_key(UNFILLED, f"123456_{UNFILLED}_08_0.json")): "superseded",
        put(f"{PREFIX}{LOADED}/readme.txt"): "orphan",
        put(f"{PREFIX}manifests/default/{LOADED}/run-12345678.json"): "manifest",
        put(f"{PREFIX}hourly/{LOADED}/123456_{LOADED}_09_0_20260302T120000Z_00c0ffee.json"): (
            "provisional"
        ),
    }
    of_no_day = {
        put(f"{PREFIX}2026-13-01/123456_2026-13-01_09_0.json"): "orphan",
        put(f"{PREFIX}ip_networks/2026.11/networks.json.gz"): "IP networks",
        put(f"{PREFIX}archives/default/{LOADED}/export.zip"): "archive",
        put(f"{PREFIX}doctor/0_1970-01-01_00_0.json"): "doctor's probe",
    }
    in_bucket = {
        **dict.fromkeys(landed, "loaded"),
        gone: "expired",
        changed: "changed",
        **dict.fromkeys(uploaded_keys(uploaded), "orphan"),
        **dict(zip(quarantined, ["loaded", "quarantined"], strict=True)),
        **dict(zip(unfilled, ["loaded", "loaded", "quarantined"], strict=True)),
        manifest_key("default", LOADED, "scheduled__run"): "manifest",
        **others,
    }

    folders = {day: f"{day}/00-23/{run_name(volume, day)}" for day in (LOADED, UPLOADED, UNPACKED)}
    (volume / folders[LOADED] / ".manifest.json.00ff.part").write_bytes(b"half")
    discarded = volume / f"{LOADED}/00-23/.other-12345678.discarded/export.zip"
    discarded.parent.mkdir()
    discarded.write_bytes(b"zip")
    (volume / folders[UNPACKED] / "json" / "link.json").symlink_to("/etc/passwd")
    (volume / f"{LOADED}/00-23/readme.txt").touch()
    for name in ("ip_networks/a.tgz", "dbt/index.html", "hourly/app/a.json", "strange.txt"):
        (volume / name).parent.mkdir(parents=True, exist_ok=True)
        (volume / name).write_bytes(b"x")
    archive = "export_{0:%Y%m%d}T00_{0:%Y%m%d}T23.zip"
    on_volume = {
        f"{folders[LOADED]}/.manifest.json.00ff.part": "unfinished or discarded",
        f"{discarded.relative_to(volume)}": "unfinished or discarded",
        f"{folders[LOADED]}/loaded": "record of a run",
        f"{LOADED}/00-23/readme.txt": "orphan",
        f"{folders[UNPACKED]}/json/link.json": "not readable",
        **{f"{folder}/manifest.json": "manifest" for folder in folders.values()},
        **{f"{folder}/{archive.format(day)}": "archive" for day, folder in folders.items()},
        **json_files(volume, folders[UPLOADED], "uploaded, not loaded"),
        **json_files(volume, folders[UNPACKED], "failed to upload"),
    }

    found = take_inventory(connect, volume, ALL, idle)
    assert kinds(found) == in_bucket | on_volume
    assert found.unfilled == [("default", UNFILLED)]
    whole = kinds(take_inventory(connect, volume, Scope(), lambda *_: None))
    assert whole.items() >= of_no_day.items()
    assert whole["strange.txt"] == "orphan"
    assert (whole["ip_networks/a.tgz"], whole["dbt/index.html"]) == ("IP networks", "dbt")
    assert whole["hourly/app/a.json"] == "provisional"
    waiting = json_files(volume, folders[UNPACKED], "waiting to be uploaded")
    assert whole.items() >= waiting.items()

    busy = kinds(take_inventory(connect, volume, ALL, lambda project, day, runs: day == UPLOADED))
    being_loaded = dict.fromkeys(uploaded_keys(uploaded), "uploaded, not loaded")
    assert busy == in_bucket | on_volume | being_loaded

    counted = found.counted
    assert from_record(type(counted), json.loads(json.dumps(to_record(counted)))) == counted
    of_day = {
        kind.kind: kind.count
        for day in counted.days
        if day.day == UNFILLED and day.project
        for kind in day.kinds
    }
    assert of_day == {"loaded": 2, "superseded": 1, "quarantined": 1}
    text = "\n".join(lines(found))
    assert text.splitlines()[0].endswith(f"UTC: all projects, {LOADED} to {UNFILLED}.")
    for name, kind in (in_bucket | on_volume).items():
        is_wrong = kind in {"changed", "orphan", "failed to upload", "not readable"}
        of_many = str(UPLOADED) in name or f"{UNPACKED}/00-23" in name and "link" not in name
        assert (name in text) is (is_wrong and not of_many), (name, kind)
    for day, number in ((UPLOADED, len(uploaded_keys(uploaded))), (UNPACKED, len(waiting))):
        assert f"_{day}_…  {number} files" in text
    of_a_day = "\n".join(lines(take_inventory(connect, volume, Scope(LOADED, LOADED), idle)))
    assert all(key in of_a_day for key in landed)


def uploaded_keys(run: Day) -> list[str]:
    return [file["key"] for file in run.result("upload_0")["files"]]


def run_name(volume: Path, day: date) -> str:
    (folder,) = (volume / f"{day}/00-23").iterdir()
    return folder.name


def json_files(volume: Path, folder: str, kind: str) -> dict[str, str]:
    found = {
        f"{folder}/json/{path.name}": kind
        for path in (volume / folder / "json").iterdir()
        if not path.is_symlink()
    }
    assert found
    return found
