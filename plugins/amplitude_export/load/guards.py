"""Comparisons of a day that is about to be loaded with what is stored of it.

They come before anything is deleted. A difference that no person has allowed raises, with the
numbers, and the day stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from datetime import date, datetime

from amplitude_export.errors import AnotherProject, FewerEvents, OlderExport
from amplitude_export.load.stored import StoredDay, hours_of
from amplitude_export.manifest import DayManifest
from amplitude_export.projects import daily_dag_id

log = logging.getLogger(__name__)

# Of the lines that are stored, a load has to bring at least this share: a few can disappear at
# Amplitude (a person is deleted), and a wrong key or an incomplete export loses more.
MIN_PERCENT = 99
# Hours in one message.
_NAMED = 5


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
                f"join once; it is known afterwards: {_let_through(manifest.day, project, conf)}",
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
        f"(UTC): {_first(hours)}. Nothing was changed.",
        "clear plan_windows of this run with everything downstream, which exports the day again; "
        "or leave it, and the day stays as the other run has loaded it.",
    )


def require_as_many(
    manifest: DayManifest, project: str, stored: StoredDay, *, accept_fewer: bool
) -> None:
    """Raise FewerEvents if an hour loses all of its events, or the day more than one percent.

    Loaded and quarantined lines count alike. With `accept_fewer` the loss is logged, as is a
    smaller one.
    """
    lines = dict(zip(hours_of(manifest.day), (h.lines for h in manifest.hours), strict=True))
    both = {hour: (had.lines, lines.get(hour, 0)) for hour, had in sorted(stored.hours.items())}
    fewer = {hour: (had, has) for hour, (had, has) in both.items() if has < had}
    if not fewer:
        return
    before, now = sum(had for had, _ in both.values()), sum(lines.values())
    hours = [f"{hour:%H:00}: {had:,} before, {has:,} now" for hour, (had, has) in fewer.items()]
    loss = (
        f"{manifest.day} has {before:,} events, and this run has {now:,} for it (loaded and "
        f"quarantined). Hours with fewer: {_first(hours)}."
    )
    is_small = now * 100 >= before * MIN_PERCENT and all(has for _, has in fewer.values())
    if not (is_small or accept_fewer):
        raise FewerEvents(f"{loss} Nothing was changed.", _advice(manifest.day, project))
    why = "The loss is small" if is_small else "The parameter accept_fewer is set"
    log.warning("%s %s: the day is replaced.", loss, why)


def _is_older(mine: datetime | None, before: datetime | None, now: datetime) -> bool:
    return bool(mine and before and mine < before <= now)


def _first(hours: list[str]) -> str:
    more = f"; and {len(hours) - _NAMED} more" if len(hours) > _NAMED else ""
    return "; ".join(hours[:_NAMED]) + more


def _advice(day: date, project: str) -> str:
    commands = _let_through(day, project, '"accept_fewer": true')
    return (
        "find out why Amplitude has fewer: history past its retention, an incomplete export (then "
        "clear plan_windows with everything downstream). If it is right, such as after the "
        f"deletion of a person, let it through for this day: {commands}"
    )


def _let_through(day: date, project: str, parameter: str) -> str:
    """Return the commands that run the day again with the parameter."""
    dag_id, conf = daily_dag_id(project), f"'{{{parameter}}}'"
    return (
        f"airflow dags trigger {dag_id} --logical-date {day}T00:01:00Z --conf {conf} (or another "
        f"time until 00:59 that no run has), or: airflow backfill create --dag-id {dag_id} "
        f"--from-date {day}T00:00:00Z --to-date {day}T00:00:00Z --reprocess-behavior completed "
        f"--dag-run-conf {conf}. A run that is cleared gets no new parameters."
    )
