"""Records that other tasks and other versions write and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from amplitude_export.archive import ArchiveRecord, Exported
from amplitude_export.clean_up.clean_up import CleanedUp
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.report import Report
from amplitude_export.doctor.shared import MarkedVolume, MarkerResult
from amplitude_export.errors import RecordInvalid
from amplitude_export.failure import FailureRecord
from amplitude_export.ip_networks.load import FetchedNetworks, LoadedNetworks
from amplitude_export.ledger import HOURS, Counted, CountedDay, Hour, KindCount, LoadedDay
from amplitude_export.manifest import LandedFile, Manifest
from amplitude_export.record import from_record, to_record
from amplitude_export.setup.steps import AccountStep, StackStep, Step

from tests.archives import DAY, WHOLE_DAY

FILE = LandedFile(5, 0, "a.json", "python-import/a.json", 3, 30, "AAAAAA==")
WINDOW = {"start": f"{DAY}T00", "end": f"{DAY}T23", "label": "00–23"}
LANDED = {
    "hour": 5,
    "part": 0,
    "file": "a.json",
    "key": "python-import/a.json",
    "events": 3,
    "bytes": 30,
    "crc32": "AAAAAA==",
    "json_bytes": None,
    "json_crc32": None,
}
COUNT = {"place": "bucket", "kind": "loaded", "count": 2, "bytes": 30}
# Since 0.7.
WITH_JSON = {**LANDED, "json_bytes": None, "json_crc32": None}
CHECK = {"name": "a.b", "state": "ok", "found": "fine", "do": ""}
# Each record with the keys and values of version 0.5.0, and of those that came later.
WRITTEN: dict[str, tuple[msgspec.Struct, dict[str, Any]]] = {
    "window": (WHOLE_DAY, WINDOW),
    "exported": (
        Exported(WHOLE_DAY, [ArchiveRecord(WHOLE_DAY, None, 0)], "worker-1"),
        {
            "window": WINDOW,
            "archives": [
                {"window": WINDOW, "file": None, "bytes": 0, "crc32": None, "exported_at": None}
            ],
            "host": "worker-1",
            "gaps": [],
        },
    ),
    "manifest": (
        Manifest(WHOLE_DAY, [FILE], ["a.zip"], [FILE]),
        {
            "window": WINDOW,
            "files": [WITH_JSON],
            "archives": ["a.zip"],
            "set_aside": [WITH_JSON],
            "exported_at": [],
            "gaps": [],
        },
    ),
    "inventory": (
        Counted(
            datetime(2026, 11, 30, 5, 47, tzinfo=UTC),
            None,
            None,
            None,
            [KindCount("bucket", "loaded", 2, 30)],
            [CountedDay("default", WHOLE_DAY.day, [KindCount("bucket", "loaded", 2, 30)])],
        ),
        {
            "taken_at": "2026-11-30T05:47:00Z",
            **dict.fromkeys(("first_day", "last_day", "project")),
            "total": [COUNT],
            "days": [{"project": "default", "day": f"{DAY}", "kinds": [COUNT]}],
        },
    ),
    "cleaned up": (CleanedUp(4, 1), {"json_files": 4, "archive_folders": 1}),
    "failure": (
        FailureRecord("VolumeFull", "It is full.", "volumefull"),
        {"error": "VolumeFull", "message": "It is full.", "runbook": "volumefull"},
    ),
    "fetched networks": (
        FetchedNetworks("1.0.0", 12, "AAAAAA=="),
        {"version": "1.0.0", "networks": 12, "crc32": "AAAAAA=="},
    ),
    "loaded networks": (LoadedNetworks("1.0.0", 12), {"version": "1.0.0", "networks": 12}),
    "marked volume": (
        MarkedVolume([Check("a.b", State.OK, "fine")], None),
        {"checks": [CHECK], "mark": None},
    ),
    "marker": (MarkerResult("worker-1"), {"host": "worker-1", "problem": "", "config": None}),
    "report": (
        Report([Check("a.b", State.OK, "fine")]),
        {"deployment": "default", "ok": True, "checks": [CHECK]},
    ),
    "stack": (
        StackStep(changed=[], role_arn="arn", user_arn=None, external_id=""),
        {"changed": [], "role_arn": "arn", "user_arn": None, "external_id": ""},
    ),
    "account": (
        AccountStep(changed=[], run="use role", user_arn=None, external_id="id"),
        {"changed": [], "run": "use role", "user_arn": None, "external_id": "id"},
    ),
    "step": (Step(changed=["+ a"]), {"changed": ["+ a"]}),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_a_record_has_its_keys(case: str) -> None:
    """Those of 0.5 and newer ones; the record comes back through JSON unchanged."""
    struct, record = WRITTEN[case]
    assert to_record(struct) == record
    assert from_record(type(struct), json.loads(json.dumps(record))) == struct


@pytest.mark.parametrize("version", ["../../2026-09-24/x", "1.0.0/x", "", "1.0.0\n"])
def test_a_version_by_hand_is_not_a_part_of_a_key(version: str) -> None:
    """The rows are uploaded to, and copied from, the key that has it."""
    with pytest.raises(RecordInvalid, match="is not the version of a package"):
        from_record(FetchedNetworks, {"version": version, "networks": 1, "crc32": "AAAAAA=="})


def test_a_key_of_a_later_version_is_ignored() -> None:
    """An older worker reads the result of a newer one."""
    assert from_record(LoadedNetworks, {"version": "1.0.0", "networks": 1, "new": [1]})


def test_a_report_of_0_5_is_of_the_default_deployment() -> None:
    """There was no other one."""
    report = from_record(Report, {"ok": True, "checks": [CHECK]})
    assert report.deployment == "default"


def test_a_manifest_of_0_1_has_files_alone() -> None:
    """Archives and quarantined lines came later."""
    manifest = from_record(Manifest, {"window": WINDOW, "files": [LANDED]})
    assert manifest == Manifest(WHOLE_DAY, [FILE])


def test_an_export_of_0_6_has_neither_checksum_nor_time() -> None:
    """They are unknown, and no gap was confirmed."""
    archive = {"window": WINDOW, "file": "a.zip", "bytes": 7}
    exported = from_record(Exported, {"window": WINDOW, "archives": [archive], "host": "w"})
    assert exported == Exported(WHOLE_DAY, [ArchiveRecord(WHOLE_DAY, "a.zip", 7)], "w")
    assert exported.exported_at == []


def test_a_loaded_day_of_0_1_has_no_quarantined_lines() -> None:
    """The day and its hours have none."""
    hours = [{"hour": n, "state": "empty", "files": 0, "events": 0, "bytes": 0} for n in HOURS]
    sums = {"files": 0, "events": 0, "bytes": 0, "query_ids": []}
    loaded = from_record(LoadedDay, {"day": DAY, "run_id": "a", **sums, "hours": hours})
    assert loaded.quarantined == 0
    assert loaded.hours[3] == Hour(3, "empty", 0, 0, 0)


BROKEN = {
    "a missing key": ({"version": "1.0.0"}, "networks"),
    "another type": ({"version": "1.0.0", "networks": "many"}, r"\$\.networks"),
    "no record": (None, "null"),
    "half of a surrogate pair": ("\ud800", "surrogates not allowed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_record_that_cannot_be_read_is_named(case: str) -> None:
    """The error has the kind and the key, and the task to clear; a retry would read the same."""
    record, named = BROKEN[case]
    with pytest.raises(RecordInvalid, match=f"LoadedNetworks cannot be read: .*{named}") as raised:
        from_record(LoadedNetworks, record)
    assert "clear the task that wrote it" in raised.value.do
