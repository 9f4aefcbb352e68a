"""The launcher's jobs on a ready Airflow: set up the accounts, load a day, load history."""

from __future__ import annotations

import time
from collections.abc import Set
from datetime import UTC, date, datetime, timedelta
from typing import Any

from local.launcher import airflow
from local.launcher.progress import FINISHED, POLL_SECONDS, RUN_SECONDS, Follower, RunFailed
from local.launcher.rest import Airflow
from local.launcher.settings import Settings
from local.launcher.setup import PARAMETERS

DAILY = "amplitude_to_snowflake"
SETUP = "amplitude_setup"
NETWORKS = "amplitude_ip_networks"
TRANSFORM = "amplitude_transform"
# A day is complete at 02:00 UTC of the next one, and the DAG waits half an hour longer.
COMPLETE_AFTER = timedelta(hours=2, minutes=30)
# The CLI reads and then writes in one transaction, which SQLite refuses when the scheduler has
# written in between. A longer timeout does not help: the command has to be repeated. On a busy
# machine, four tries in a row were refused.
SQLITE_BUSY = "database is locked"
BACKFILL_TRIES = 10
# The scheduler closes a backfill half a minute after its last run, an empty one after two minutes.
BACKFILL_SECONDS = 180
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


def abandon_leftovers(client: Airflow) -> None:
    """Fail the unfinished runs of an interrupted launcher, so that they don't run beside ours."""
    for dag_id in (DAILY, SETUP, NETWORKS, TRANSFORM):
        for run in client.runs(dag_id, state=["queued", "running"]):
            client.fail(dag_id, run["dag_run_id"])


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
    client.pause(dag_id, paused=False)
    Follower(client, dag_id, run_id, _echo_trouble).wait()


def _echo_trouble(line: str) -> None:
    if "success" not in line and "running" not in line:
        echo(line)


def run_day(client: Airflow, day: date) -> tuple[str, list[dict[str, Any]]]:
    """Load one day, even if it is loaded already; return the run's id and its task instances."""
    existing = client.run_of_day(DAILY, day)
    if existing and _is_held(client, existing, day):
        client.delete(DAILY, existing["dag_run_id"])
        existing = None
    if existing:
        run_id = str(existing["dag_run_id"])
        client.clear(DAILY, run_id)
    else:
        run_id = client.trigger(DAILY, day)
    client.pause(DAILY, paused=False)
    return run_id, Follower(client, DAILY, run_id, echo).wait()


def load_history(
    client: Airflow, given: Settings, first: date, last: date, gap: date | None
) -> date | None:
    """Load the days that are not loaded yet, except `gap`; return `gap` if it is not loaded.

    A `gap` that has a run, even a failed one, was requested before and is loaded too.
    """
    runs = client.runs(DAILY, logical_date_gte=f"{first}T00:00:00Z")
    states = {_day_of(run): run["state"] for run in runs}
    left_out = None if gap in states else gap
    if any(states.get(day) != "success" for day in _days(first, last) - {left_out}):
        echo(f"Loading {first} to {last} by a backfill …")
        # No run starts before the gap's own run is deleted.
        client.pause(DAILY, paused=True)
        backfill(client, given, first, last, without=left_out)
    else:
        client.pause(DAILY, paused=False)
    return left_out


def backfill(
    client: Airflow,
    given: Settings,
    first: date,
    last: date,
    *,
    at_once: int = 2,
    again: bool = False,
    without: date | None = None,
) -> None:
    """Load days with `airflow backfill create` and wait for them; with `again`, loaded ones too.

    The run of the day `without` is deleted. Two backfills, one on each side of that day, would
    take half a minute longer, because the second has to wait for the first.
    """
    env = airflow.environment(given.env, port=0, schedule=True)
    # With the time zone: Airflow reads a bare date in its default_timezone.
    span = ["--from-date", f"{first}T00:00:00Z", "--to-date", f"{last}T00:00:00Z"]
    options = ["--dag-id", DAILY, *span, "--max-active-runs", str(at_once)]
    options += ["--reprocess-behavior", "completed" if again else "failed"]
    _create_backfill(client, ["backfill", "create", *options], env)
    if without and (run := client.run_of_day(DAILY, without)):
        client.delete(DAILY, run["dag_run_id"])
    client.pause(DAILY, paused=False)
    _wait_for_days(client, _days(first, last) - {without})


def _is_held(client: Airflow, run: dict[str, Any], day: date) -> bool:
    """Return whether the run is of a paused or cancelled backfill: if cleared, it stays queued."""
    return run["run_type"] == "backfill" and any(
        backfill["is_paused"] and backfill["from_date"][:10] <= str(day) <= backfill["to_date"][:10]
        for backfill in client.backfills(DAILY)
    )


def _create_backfill(client: Airflow, command: list[str], env: dict[str, str]) -> None:
    """Create a backfill; one that SQLite refused halfway is closed before the next try."""
    for _ in range(BACKFILL_TRIES):
        _wait_for_backfills(client)
        created = airflow.run_cli(command, env)
        if not created.returncode:
            return
        if SQLITE_BUSY not in created.stdout:
            break
    raise RunFailed(f"airflow backfill create failed:\n{created.stdout[-2000:]}")


def _wait_for_backfills(client: Airflow) -> None:
    """Wait until the scheduler has closed earlier backfills: a DAG has one at a time.

    They are not cancelled, because that would pause their runs for good.
    """
    deadline = time.monotonic() + BACKFILL_SECONDS
    while any(earlier["completed_at"] is None for earlier in client.backfills(DAILY)):
        if time.monotonic() > deadline:
            raise RunFailed("an earlier backfill does not end: cancel it in the UI, then try again")
        time.sleep(POLL_SECONDS)


def _days(first: date, last: date) -> Set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


def _day_of(run: dict[str, Any]) -> date:
    return datetime.fromisoformat(run["logical_date"]).date()


def _wait_for_days(client: Airflow, days: Set[date]) -> None:
    began = time.monotonic()
    pending = set(days)
    while pending and time.monotonic() - began < RUN_SECONDS:
        for run in reversed(client.runs(DAILY, logical_date_gte=f"{min(days)}T00:00:00Z")):
            day = _day_of(run)
            if day in pending and run["state"] in FINISHED:
                pending.discard(day)
                echo(f"{time.monotonic() - began:6.1f} s  {day}  {run['state']}")
                _require_success(run)
        time.sleep(POLL_SECONDS)
    if pending:
        raise RunFailed(
            f"{len(pending)} days have not finished within {RUN_SECONDS / 60:.0f} minutes"
        )


def _require_success(run: dict[str, Any]) -> None:
    if run["state"] != "success":
        raise RunFailed(f"{DAILY} of {run['logical_date'][:10]} failed: see it in the UI")
