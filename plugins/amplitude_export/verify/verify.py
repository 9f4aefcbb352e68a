"""Whether what lies where is what was exported: table, ledger, bucket and volume of one day.

Reads only. The ledger is the measure always, the archives as long as they are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from amplitude_export.verify.loaded_run import LoadedRun, volume_problems
from amplitude_export.verify.reference import BROKEN, NO_UUID, exported_hour
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import object_key, quarantine_key

# So many names of what is missing, doubled or foreign are enough to look for the others.
_EXAMPLES = 3


@dataclass
class Verdict:
    """What was found of a day.

    `loaded`: the ledger has it. `compared`: its archives are kept, so that each event was compared.
    `problems` break a guarantee; `notes` say what could not be looked at, or lies beside.
    """

    day: date
    loaded: bool = False
    compared: bool = False
    events: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify_day(connect: Connect, data_dir: Path, day: date) -> Verdict:
    """Compares all that is there of the day; changes nothing.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    verdict = Verdict(day, problems=volume_problems(data_dir, day))
    with Session.opened(connect, {"day": f"{day:%Y-%m-%d}"}) as session:
        ledger = session.run("verify/select_ledger")
        rows = session.run("verify/count_rows")
        verdict.loaded = bool(ledger)
        verdict.events = sum(row["EVENTS"] for row in rows)
        verdict.problems += _ledger_problems(day, ledger, rows)
        if ledger:
            kept = LoadedRun.of_run(data_dir, day, ledger[0]["RUN_ID"])
            _compare_events(session, kept, {row["EXPORT_HOUR"].hour for row in rows}, verdict)
            _compare_bucket(session, kept, ledger, verdict)
    return verdict


def _ledger_problems(
    day: date, ledger: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """The ledger has all 24 hours or none, of one run, and says of each what the table holds."""
    if len(ledger) not in (0, 24):
        yield f"the ledger has {len(ledger)} rows of the day, and not 24"
    loaded_by = {row["RUN_ID"] for row in ledger}
    if len(loaded_by) > 1:
        yield f"the ledger's rows are of several runs: {', '.join(sorted(loaded_by))}"
    strangers = {row["RUN_ID"] for row in rows} - loaded_by
    if strangers:
        yield f"the table holds rows of runs that the ledger does not name: {_some(strangers)}"
    stored: Counter[datetime] = Counter()
    for row in rows:
        stored[row["EXPORT_HOUR"]] += row["EVENTS"]
    recorded = Counter({row["EXPORT_HOUR"]: row["EVENTS"] for row in ledger})
    for hour in sorted(stored.keys() | recorded.keys()):
        if hour.date() != day:
            yield f"{hour:%Y-%m-%d %H:00}: the table files {stored[hour]:,} events under {day}"
        elif stored[hour] != recorded[hour]:
            yield f"{hour:%H:00}: the ledger says {recorded[hour]:,} events, the table holds " + (
                f"{stored[hour]:,}"
            )


def _compare_events(
    session: Session, kept: LoadedRun, hours: Container[int], verdict: Verdict
) -> None:
    """Asks for the rows of the `hours` that have any: of a quiet day they are few."""
    if kept.skip_reason:
        verdict.notes.append(f"events not compared one by one: {kept.skip_reason}")
        return
    verdict.compared = True
    for hour in range(24):
        try:
            exported = exported_hour(kept.archives, hour)
        except (*BROKEN, OSError) as error:
            verdict.problems.append(f"{hour:02}:00: an archive on the volume is broken: {error}")
            continue
        stored = _stored_hour(session, kept.day, hour) if hour in hours else Counter()
        words = [*_differences(exported.uuids, stored)]
        aside = kept.set_aside(hour)
        if aside != exported.bad_lines:
            words.append(f"{exported.bad_lines:,} lines are no events, {aside:,} were set aside")
        if words:
            verdict.problems.append(f"{hour:02}:00: {'; '.join(words)}")
        if aside:
            verdict.notes.append(f"{hour:02}:00: {aside:,} bad lines were set aside, not loaded")


def _stored_hour(session: Session, day: date, hour: int) -> Counter[str]:
    rows = session.run("verify/select_uuids", hour=f"{day:%Y-%m-%d} {hour:02}:00:00")
    return Counter(row["UUID"] or NO_UUID for row in rows)


def _differences(exported: Counter[str], stored: Counter[str]) -> Iterator[str]:
    surplus = stored - exported
    doubled = Counter({uuid: n for uuid, n in surplus.items() if uuid in exported})
    for what, uuids in (
        ("missing from the table", exported - stored),
        ("doubled in the table", doubled),
        ("in the table but not exported", surplus - doubled),
    ):
        if uuids:
            yield f"{uuids.total():,} {what} ({_some(uuids)})"


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:_EXAMPLES]) + (" …" if len(found) > _EXAMPLES else "")


def _compare_bucket(
    session: Session, kept: LoadedRun, ledger: Sequence[dict[str, Any]], verdict: Verdict
) -> None:
    """What an unfinished run of the day has written meanwhile is no problem of the loaded one."""
    listed = session.listed(object_key(kept.day, ""))
    files = sum(row["FILES"] for row in ledger)
    if files and not listed:
        verdict.notes.append("the bucket holds none of the day's objects any more")
    elif kept.skip_reason:
        size = sum(row["BYTES"] for row in ledger)
        held = sum(listed.values())
        if (files, size) != (len(listed), held):
            verdict.notes.append(
                f"the bucket holds {len(listed):,} objects of {held:,} bytes, the ledger names "
                f"{files:,} files of {size:,}"
            )
    else:
        aside = session.listed(quarantine_key(kept.day, ""))
        _compare_objects(kept, listed | aside, verdict)


def _compare_objects(kept: LoadedRun, listed: dict[str, int], verdict: Verdict) -> None:
    expected = {file.key: file.bytes for file in kept.objects}
    wrong = [
        f"{key}: {size:,} bytes in the manifest, {_size(listed.get(key))} in the bucket"
        for key, size in expected.items()
        if listed.get(key) != size
    ]
    (verdict.notes if kept.superseded else verdict.problems).extend(wrong)
    if leftover := listed.keys() - expected.keys():
        verdict.notes.append(
            f"{len(leftover):,} objects beside the day's own, of earlier runs ({_some(leftover)})"
        )


def _size(size: int | None) -> str:
    return "not" if size is None else f"{size:,}"
