"""The transform, which loads trigger: let it run, and follow its run."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from local.launcher import projects
from local.launcher.job import TRANSFORM, echo
from local.launcher.progress import POLL_SECONDS, Follower, RunFailed
from local.launcher.rest import Airflow
from local.launcher.settings import Settings
from local.launcher.sql import connect, rows
from local.launcher.stack import Stack

# The scheduler creates the run within seconds of a load's asset event.
TRIGGER_SECONDS = 120
COUNTS = """select
    (select count(*) from gold.fct_events) as events,
    (select count(*) from silver.stg_repeats) as repeats,
    (select count(*) from gold.fct_sessions) as sessions,
    (select count(*) from gold.journeys) as journeys,
    (select count(*) from gold.dim_devices) as devices,
    (select count(*) from gold.companies) as companies"""
ANSWERS = 'make sql Q="$(cat include/sql/answers/user_journeys.sql)"'


def allow(stack: Stack, client: Airflow) -> datetime:
    """Let loads trigger the transform from now on, where the stack stays; return now.

    Airflow records no asset events for a paused DAG. Where the stack does not stay, `follow`
    triggers the run, and a recorded event would trigger another one in the next stack.
    """
    if stack.kept:
        client.pause(TRANSFORM, paused=False)
    return datetime.now(UTC)


def follow(given: Settings, stack: Stack, client: Airflow, since: datetime) -> None:
    """Wait for the run that loads since then triggered, if any; print the totals of the tables."""
    ended = {"state": ["success"], "end_date_gte": since.isoformat()}
    if not any(client.runs(project.dag_id, **ended) for project in projects.read(given)):
        return
    echo("\nBuilding sessions, journeys and companies …")
    run_id = _first_run(client, since) if stack.kept else _triggered(client)
    Follower(client, TRANSFORM, run_id, echo).wait()
    # The loader of your own warehouse cannot read the transform's tables.
    if given.cloud_is_local:
        with connect(given, stack.warehouse) as connection:
            echo(_summary(connection))


def _triggered(client: Airflow) -> str:
    """Trigger a run: the scheduler of a stack that does not stay creates none by itself."""
    run_id = client.trigger(TRANSFORM)
    client.pause(TRANSFORM, paused=False)
    return run_id


def _first_run(client: Airflow, since: datetime) -> str:
    """Return the first run of loads since then, once an earlier run has ended."""
    for run in client.runs(TRANSFORM, state=["queued", "running"], run_after_lt=since.isoformat()):
        Follower(client, TRANSFORM, run["dag_run_id"], echo).wait()
    deadline = time.monotonic() + TRIGGER_SECONDS
    while time.monotonic() < deadline:
        runs = client.runs(TRANSFORM, run_after_gte=since.isoformat(), order_by="run_after")
        if runs:
            return str(runs[0]["dag_run_id"])
        time.sleep(POLL_SECONDS)
    raise RunFailed(
        f"no load has triggered {TRANSFORM} within {TRIGGER_SECONDS} s: see it in the UI"
    )


def _summary(connection: Any) -> str:
    """Return the totals of the tables, and a command that queries them.

    Events and repeats are together the rows of AMPLITUDE_RAW.
    """
    ((events, repeats, sessions, journeys, devices, companies),) = rows(connection, COUNTS)
    return (
        f"In all {events:,} events, {repeats:,} repeats, {sessions:,} sessions, "
        f"{journeys:,} journeys, {devices:,} devices, {companies:,} companies.\n"
        f"Query them (include/sql/answers):\n{ANSWERS}"
    )
