"""Comparisons of a day that is about to be loaded with what is stored of it.

They come before anything is deleted. A difference that no person has allowed raises, with the
numbers, and the day stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from datetime import datetime

from amplitude_export.errors import AnotherProject, OlderExport
from amplitude_export.fewer_events import first, let_through
from amplitude_export.load.stored import StoredDay, hours_of
from amplitude_export.manifest import DayManifest

log = logging.getLogger(__name__)


def require_own_project(
    manifest: DayManifest,
    project: str,
    known: Mapping[str, Set[str]],
    accepted: str | None,
    *,
    again: bool = False,
) -> None:
    """Raise AnotherProject unless all files carry one id at Amplitude, which is the project's.

    `known` has the ids that the ledger has, by project. An id is the project's if the ledger has it
    for the project, or has no id for it and none of this id for another one, or if it is the
    `accepted` one. Files that the project has loaded before (`again`) can have another id than its
    others: a project that was recreated has two. An empty day passes.
    """
    ids, own = manifest.project_ids, known.get(project, set())
    if len(ids) > 1:
        raise AnotherProject(
            f"The files of {manifest.day} are of the projects {', '.join(ids)} at Amplitude, and "
            f"{project} can be one of them. Nothing was changed.",
            "clear plan_windows with everything downstream; if it happens again, find out what "
            "responds in Amplitude's place.",
        )
    for project_id in ids:
        others = sorted(name for name in known if name != project and project_id in known[name])
        if project_id in own or not (others or (own and not again)):
            continue
        what = (
            f"The files of {manifest.day} are of project {project_id} at Amplitude; "
            f"{project} has {' and '.join(sorted(own)) or 'no days'} so far"
            f"{''.join(f', and {name} has {project_id}' for name in others)}"
        )
        if project_id != accepted:
            conf = f'"accept_project_id": "{project_id}"'
            raise AnotherProject(
                f"{what}: these are the keys of another project. Nothing was changed.",
                "correct the keys in the project's connection, and clear plan_windows with "
                "everything downstream. If the project was recreated at Amplitude, let its new id "
                f"join once; it is known afterwards: {let_through(manifest.day, project, conf)}",
            )
        log.warning("%s. The parameter accept_project_id lets it join.", what)


def require_newest(manifest: DayManifest, stored: StoredDay) -> None:
    """Raise OlderExport if any hour of the day was exported before the one that is stored.

    Times that are equal pass, and so do hours whose time is unknown on either side. A stored time
    that the warehouse's clock has not reached counts as unknown: no export could ever follow it.
    """
    times = {hour: manifest.exported_at.get(hour.hour) for hour in hours_of(manifest.day)}
    newer = {
        hour: (mine, before)
        for hour, before in sorted(stored.hours.items())
        if _is_older(mine := times.get(hour), before.exported_at, stored.clock)
    }
    if not newer:
        return
    runs = ", ".join(sorted({before.run_id for _, before in newer.values()}))
    hours = [
        f"{hour:%H:00} at {mine:%F %T} by this run, and at {before.exported_at:%F %T} by that one"
        for hour, (mine, before) in newer.items()
    ]
    raise OlderExport(
        f"{manifest.day} was exported later by the run {runs}, which has loaded it. Exported "
        f"(UTC): {first(hours)}. Nothing was changed.",
        "clear plan_windows of this run with everything downstream, which exports the day again; "
        "or leave it, and the day stays as the other run has loaded it.",
    )


def _is_older(mine: datetime | None, before: datetime | None, now: datetime) -> bool:
    return bool(mine and before and mine < before <= now)
