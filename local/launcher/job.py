"""The launcher's jobs on a ready Airflow: set up the accounts, load the networks, load a day."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from local.launcher.progress import POLL_SECONDS, Follower, RunFailed
from local.launcher.rest import Airflow
from local.launcher.setup import PARAMETERS

SETUP = "amplitude_setup"
NETWORKS = "amplitude_ip_networks"
TRANSFORM = "amplitude_transform"
# A day is complete at 02:00 UTC of the next one, and the DAG waits half an hour longer.
COMPLETE_AFTER = timedelta(hours=2, minutes=30)
# The scheduler creates a run that is due within seconds.
SCHEDULE_SECONDS = 120


def echo(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def last_complete_day(now: datetime) -> date:
    """Return the newest UTC day whose export is complete.

    >>> last_complete_day(datetime(2026, 11, 20, 2, 29, tzinfo=UTC))
    datetime.date(2026, 11, 18)
    """
    return (now.astimezone(UTC) - COMPLETE_AFTER).date() - timedelta(days=1)


def abandon_leftovers(client: Airflow, daily: Iterable[str]) -> None:
    """Fail the unfinished runs of an interrupted launcher, so that they don't run beside ours.

    `daily` are the ids of the daily DAGs.
    """
    for dag_id in (*daily, SETUP, NETWORKS, TRANSFORM):
        _fail_unfinished(client, dag_id)


def _fail_unfinished(client: Airflow, dag_id: str) -> None:
    for run in client.runs(dag_id, state=["queued", "running"]):
        client.fail(dag_id, run["dag_run_id"])


@contextmanager
def ended_on_interrupt(client: Airflow, dag_id: str, run_id: str | None = None) -> Iterator[None]:
    """Mark the run failed if Ctrl-C ends the block; without `run_id`, all unfinished runs.

    Otherwise Airflow goes on with them where the stack stays.
    """
    try:
        yield
    except KeyboardInterrupt:
        # A second Ctrl-C must not leave it running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if run_id is None:
            _fail_unfinished(client, dag_id)
        else:
            client.fail(dag_id, run_id)
        echo(f"\n{run_id or 'Every unfinished run'} of {dag_id} has been marked failed.")
        raise


def set_up(client: Airflow) -> None:
    """Run the setup DAG, which joins AWS and Snowflake and ends with the doctor."""
    echo("Setting up AWS and Snowflake …")
    _run(client, SETUP, conf=PARAMETERS)


def load_networks(client: Airflow) -> None:
    """Load the owners of IP networks by the DAG."""
    echo("Loading the owners of IP networks …")
    _run(client, NETWORKS)


def ensure_networks(client: Airflow, *, schedule: bool, new_warehouse: bool) -> None:
    """Load the owners of IP networks unless they are loaded, and let the schedule update them.

    With a `schedule` its last run is due at the first start. It loads them in place of a run by
    hand, and is awaited: beside the backfill both would write to SQLite.
    """
    due = client.due(NETWORKS) if schedule else None
    client.pause(NETWORKS, paused=False)
    if due:
        echo("Loading the owners of IP networks …")
        Follower(client, NETWORKS, _scheduled_run(client, due), _echo_trouble).wait()
    elif new_warehouse or not client.runs(NETWORKS, state=["success"]):
        load_networks(client)


def _scheduled_run(client: Airflow, due: datetime) -> str:
    """Return the id of the run that the scheduler creates for a time that has passed."""
    deadline = time.monotonic() + SCHEDULE_SECONDS
    while time.monotonic() < deadline:
        runs = client.runs(NETWORKS, run_type=["scheduled"], run_after_gte=due.isoformat())
        if runs:
            return str(runs[0]["dag_run_id"])
        time.sleep(POLL_SECONDS)
    raise RunFailed(f"the scheduler created no run of {NETWORKS} within {SCHEDULE_SECONDS} s")


def _run(client: Airflow, dag_id: str, **body: Any) -> None:
    run_id = client.trigger(dag_id, **body)
    with ended_on_interrupt(client, dag_id, run_id):
        client.pause(dag_id, paused=False)
        Follower(client, dag_id, run_id, _echo_trouble).wait()


def _echo_trouble(line: str) -> None:
    if "success" not in line and "running" not in line:
        echo(line)


def run_day(client: Airflow, dag_id: str, day: date) -> tuple[str, list[dict[str, Any]]]:
    """Load one day, even if it is loaded already; return the run's id and its task instances."""
    existing = client.run_of_day(dag_id, day)
    if existing and _is_held(client, existing, day):
        client.delete(dag_id, existing["dag_run_id"])
        existing = None
    if existing:
        run_id = str(existing["dag_run_id"])
        client.clear(dag_id, run_id)
    else:
        run_id = client.trigger(dag_id, day)
    with ended_on_interrupt(client, dag_id, run_id):
        client.pause(dag_id, paused=False)
        return run_id, Follower(client, dag_id, run_id, echo).wait()


def _is_held(client: Airflow, run: dict[str, Any], day: date) -> bool:
    """Return whether the run is of a paused or cancelled backfill: if cleared, it stays queued."""
    return run["run_type"] == "backfill" and any(
        backfill["is_paused"] and backfill["from_date"][:10] <= str(day) <= backfill["to_date"][:10]
        for backfill in client.backfills(run["dag_id"])
    )
