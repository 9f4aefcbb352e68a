"""A loaded day does not shrink, unless a person allows it: the rule, and how a person does."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime

from amplitude_export.errors import FewerEvents
from amplitude_export.projects import daily_dag_id

log = logging.getLogger(__name__)

# Of the lines that are stored, a load has to bring at least this share: a few can disappear at
# Amplitude (a person is deleted), and a wrong key or an incomplete export loses more.
MIN_PERCENT = 99
# Hours in one message.
NAMED = 5


def require_as_many(
    day: date,
    project: str,
    before: Mapping[datetime, int],
    now: Mapping[datetime, int],
    *,
    accept_fewer: bool = False,
) -> None:
    """Raise FewerEvents if an hour loses all of its lines, or the day more than one percent.

    `before` and `now` have the lines, loaded and quarantined alike, by the beginning of their hour;
    one that is missing has none. With `accept_fewer` the loss is logged, as is a smaller one.
    """
    both = {hour: (had, now.get(hour, 0)) for hour, had in sorted(before.items())}
    fewer = {hour: (had, has) for hour, (had, has) in both.items() if has < had}
    if not fewer:
        return
    had_all, has_all = sum(before.values()), sum(now.values())
    hours = [f"{hour:%H:00}: {had:,} before, {has:,} now" for hour, (had, has) in fewer.items()]
    loss = (
        f"{day} has {had_all:,} events, and this run has {has_all:,} for it (loaded and "
        f"quarantined). Hours with fewer: {first(hours)}."
    )
    is_small = has_all * 100 >= had_all * MIN_PERCENT and all(has for _, has in fewer.values())
    if not (is_small or accept_fewer):
        raise FewerEvents(f"{loss} Nothing was changed.", _advice(day, project))
    why = "The loss is small" if is_small else "The parameter accept_fewer is set"
    log.warning("%s %s: the day is replaced.", loss, why)


def first(hours: list[str]) -> str:
    """Return the first NAMED hours as one text, with the number of the others."""
    more = f"; and {len(hours) - NAMED} more" if len(hours) > NAMED else ""
    return "; ".join(hours[:NAMED]) + more


def let_through(day: date, project: str, parameter: str) -> str:
    """Return the commands that run the day again with the parameter, in the form of JSON."""
    dag_id, conf = daily_dag_id(project), f"'{{{parameter}}}'"
    return (
        f"airflow dags trigger {dag_id} --logical-date {day}T00:01:00Z --conf {conf} (or another "
        f"time until 00:59 that no run has), or: airflow backfill create --dag-id {dag_id} "
        f"--from-date {day}T00:00:00Z --to-date {day}T00:00:00Z --reprocess-behavior completed "
        f"--dag-run-conf {conf}. A run that is cleared gets no new parameters."
    )


def _advice(day: date, project: str) -> str:
    commands = let_through(day, project, '"accept_fewer": true')
    return (
        "find out why Amplitude has fewer: history past its retention, an incomplete export (then "
        "clear the run from its first task). If it is right, such as after the deletion of a "
        f"person, let it through for this day: {commands}"
    )
