"""`make soak`: load history on a real Airflow while a share of all requests fails."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests

from local.export_api import expected_events
from local.launcher import history, job, projects, sql, verify
from local.launcher.rest import Airflow
from local.launcher.settings import Settings
from local.launcher.stack import Stack

# The project that is loaded.
PROJECT = "default"
# The faults that replace a good response; all that match a request share the rate.
EXPORT_FAULTS = ("unavailable", "reset", "short", "html")
S3_FAULTS = ("slow_down", "internal_error", "reset", "lost")
WAREHOUSE_FAULTS = ("unavailable", "reset", "unanswered")
# These end the session, so that Airflow has to retry the load minutes later.
DEADLY_FAULTS = ("session_dies", "lost_answer")
# `max_active_tis_per_dag` of the DAG's export.
EXPORTS_AT_ONCE = 3


@dataclass(frozen=True)
class Faults:
    """The share of requests that fail, and of statements whose session dies."""

    share: float
    deadly: float


def soak(given: Settings, stack: Stack, client: Airflow, days: int, faults: Faults) -> int:
    """Load the last days, eight at once; return 0 only if all are complete and correct."""
    project = projects.named(given, PROJECT)
    last = job.last_complete_day(datetime.now(UTC))
    first = last - timedelta(days=days - 1)
    disturb(stack, faults)
    job.echo(
        f"{faults.share:.0%} of all requests fail. Loading {first} to {last}, eight days at once …"
    )
    before = _tries(client, project.dag_id, first)
    began = time.monotonic()
    try:
        with job.ended_on_interrupt(client, project.dag_id):
            history.backfill(client, [history.Span(project, first, last)], at_once=8, again=True)
        seconds = time.monotonic() - began
        counters = _counters(stack).items()
        counts = {name: requests.get(url, timeout=10).json() for name, url in counters}
    finally:
        # The stack can be one that `make up` left running.
        recover(stack)
    bad = [day for day in _days(first, days) if not _is_correct(given, stack, day)]
    job.echo(f"\n{days} days in {seconds:.0f} s, {days - len(bad)} complete and correct.")
    job.echo("\n".join(f"{name}: {_in_words(count)}" for name, count in counts.items()))
    job.echo(_again(_tries(client, project.dag_id, first), before))
    return 1 if bad or counts["Amplitude"]["most_at_once"] > EXPORTS_AT_ONCE else 0


def disturb(stack: Stack, faults: Faults) -> None:
    """Make every stand-in fail at these rates from now on.

    The first responses of Amplitude are late, so that as many exports run at once as allowed.
    """
    first = {"name": "slow", "times": 10, "seconds": 3}
    requests.post(f"{stack.export_api}/faults", json=first, timeout=10).raise_for_status()
    stations = ((stack.export_api, EXPORT_FAULTS), (stack.s3_proxy + "/-", S3_FAULTS))
    for url, names in (*stations, (stack.warehouse, WAREHOUSE_FAULTS)):
        _post(url, names, faults.share / len(names))
    _post(stack.warehouse, DEADLY_FAULTS, faults.deadly / len(DEADLY_FAULTS))


def recover(stack: Stack) -> None:
    """Remove all faults from the stand-ins."""
    for url in (stack.export_api, stack.s3_proxy + "/-", stack.warehouse):
        requests.delete(f"{url}/faults", timeout=10).raise_for_status()


def _post(url: str, names: tuple[str, ...], rate: float) -> None:
    for seed, name in enumerate(names):
        fault = {"name": name, "times": None, "rate": rate, "seed": seed}
        requests.post(f"{url}/faults", json=fault, timeout=10).raise_for_status()


def _counters(stack: Stack) -> dict[str, str]:
    return {
        "Amplitude": f"{stack.export_api}/requests",
        "S3": f"{stack.s3_proxy}/-/requests",
        "Snowflake": f"{stack.warehouse}/statements",
    }


def _in_words(count: dict[str, Any]) -> str:
    peak = f", at most {count['most_at_once']} at once" if "most_at_once" in count else ""
    return f"{count['requests']:,} requests, {count['failed']:,} of them failed{peak}"


def _days(first: date, days: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(days)]


def _is_correct(given: Settings, stack: Stack, day: date) -> bool:
    """Return whether the day is correct, by `make verify` and by the stand-in's own count."""
    with sql.connect(given, stack.warehouse) as connection:
        found = verify.verdict(connection, given.data_dir, PROJECT, day)
    job.echo(verify.text(found, PROJECT))
    exported = sum(expected_events(day).values())
    if found.events != exported:
        job.echo(f"PROBLEM: Amplitude has {exported:,} events of the day")
    return verify.is_good(found) and found.compared and found.events == exported


def _tries(client: Airflow, dag_id: str, first: date) -> Counter[tuple[str, str]]:
    """Return how often Airflow has started each task of each run."""
    return Counter(
        {
            (run["dag_run_id"], f"{task['task_id']}/{task['map_index']}"): task["try_number"]
            for run in client.runs(dag_id, logical_date_gte=f"{first}T00:00:00Z")
            for task in client.tasks(dag_id, run["dag_run_id"])
        }
    )


def _again(after: Counter[tuple[str, str]], before: Counter[tuple[str, str]]) -> str:
    again: Counter[str] = Counter()
    for (run, task), tries in after.items():
        again[task.partition("/")[0]] += tries - before[run, task] - 1
    repeated = ", ".join(f"{name} {count}" for name, count in again.items() if count > 0)
    return f"Tasks that Airflow ran again: {repeated or 'none'}"
