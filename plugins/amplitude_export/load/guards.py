"""Comparisons of a day that is about to be loaded with what is stored of it.

They come before anything is deleted. A difference that no person has allowed raises, with the
numbers, and the day stays as it is.
"""

from __future__ import annotations

import logging
from datetime import date, datetime

from amplitude_export.errors import FewerEvents, OlderExport
from amplitude_export.load.stored import StoredDay, hours_of
from amplitude_export.manifest import DayManifest
from amplitude_export.settings import DAILY

log = logging.getLogger(__name__)

# Of the lines that are stored, a load has to bring at least this share: a few can disappear at
# Amplitude (a person is deleted), and a wrong key or an incomplete export loses more.
MIN_PERCENT = 99
# Hours in one message.
_NAMED = 5


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


def require_as_many(manifest: DayManifest, stored: StoredDay, *, accept_fewer: bool) -> None:
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
        raise FewerEvents(f"{loss} Nothing was changed.", _advice(manifest.day))
    why = "The loss is small" if is_small else "The parameter accept_fewer is set"
    log.warning("%s %s: the day is replaced.", loss, why)


def _is_older(mine: datetime | None, before: datetime | None, now: datetime) -> bool:
    return bool(mine and before and mine < before <= now)


def _first(hours: list[str]) -> str:
    more = f"; and {len(hours) - _NAMED} more" if len(hours) > _NAMED else ""
    return "; ".join(hours[:_NAMED]) + more


def _advice(day: date) -> str:
    conf = """'{"accept_fewer": true}'"""
    return (
        "find out why Amplitude has fewer: the keys of another project, history past its "
        "retention, an incomplete export (then clear plan_windows with everything downstream). If "
        "it is right, such as after the deletion of a person, let it through for this day: "
        f"airflow dags trigger {DAILY} --logical-date {day}T00:01:00Z --conf {conf} (or another "
        f"time until 00:59 that no run has), or: airflow backfill create --dag-id {DAILY} "
        f"--from-date {day}T00:00:00Z --to-date {day}T00:00:00Z --reprocess-behavior completed "
        f"--dag-run-conf {conf}. A run that is cleared gets no new parameters."
    )
