"""The transform, which loads start by themselves: it is allowed to run, and followed to its end."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from local.launcher.job import DAILY, TRANSFORM, say
from local.launcher.progress import POLL_SECONDS, Follower, RunFailed
from local.launcher.rest import Airflow
from local.launcher.settings import Settings
from local.launcher.sql import connect, rows
from local.launcher.stack import Stack

# The scheduler makes a run of what a load has told it within seconds.
TOLD_SECONDS = 120
COUNTS = """select
    (select count(*) from gold.fct_events) as events,
    (select count(*) from gold.fct_sessions) as sessions,
    (select count(*) from gold.journeys) as journeys,
    (select count(*) from gold.dim_devices) as devices,
    (select count(*) from gold.companies) as companies"""
ANSWERS = 'make sql Q="$(cat include/sql/answers/user_journeys.sql)"'


def allow(client: Airflow) -> datetime:
    """Let loads start it from now on, and return now: of a paused DAG Airflow notes nothing."""
    client.pause(TRANSFORM, paused=False)
    return datetime.now(UTC)


def follow(given: Settings, stack: Stack, client: Airflow, since: datetime) -> None:
    """Wait for the run that loads since then have started, if any; say what there is now."""
    if not client.runs(DAILY, state=["success"], end_date_gte=since.isoformat()):
        return
    say("\nMaking sessions, journeys and companies of it …")
    # The scheduler of a stack that does not stay starts nothing by itself.
    run_id = _first_run(client, since) if stack.kept else client.trigger(TRANSFORM)
    Follower(client, TRANSFORM, run_id, say).to_the_end()
    # One's own login loads, and may not read what was made of it.
    if given.cloud_is_local:
        with connect(given, stack.warehouse) as connection:
            say(_summary(connection))


def _first_run(client: Airflow, since: datetime) -> str:
    deadline = time.monotonic() + TOLD_SECONDS
    while time.monotonic() < deadline:
        runs = client.runs(TRANSFORM, run_after_gte=since.isoformat(), order_by="run_after")
        if runs:
            return str(runs[0]["dag_run_id"])
        time.sleep(POLL_SECONDS)
    raise RunFailed(f"no load has started {TRANSFORM} within {TOLD_SECONDS} s: see it in the UI")


def _summary(connection: Any) -> str:
    """Return what the tables of GOLD hold in all, and how to ask them."""
    ((events, sessions, journeys, devices, companies),) = rows(connection, COUNTS)
    return (
        f"In all {events:,} events, {sessions:,} sessions, {journeys:,} journeys, "
        f"{devices:,} devices, {companies:,} companies. Ask them (include/sql/answers):\n{ANSWERS}"
    )
