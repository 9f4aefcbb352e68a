"""`make soak`: history loaded on a real Airflow while a share of all requests fails."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests

from local.export_api import expected_events
from local.launcher import job, sql, verify
from local.launcher.job import DAILY
from local.launcher.rest import Airflow
from local.launcher.settings import Settings
from local.launcher.stack import Stack

# What the stand-ins answer in place of a good answer; all that match a request share the rate.
EXPORT_FAULTS = ("unavailable", "reset", "short", "html")
S3_FAULTS = ("slow_down", "internal_error", "reset", "lost")
WAREHOUSE_FAULTS = ("unavailable", "reset", "unanswered")
# These end the session, so that Airflow has to run the load again, minutes later.
DEADLY_FAULTS = ("session_dies", "lost_answer")


# `max_active_tis_per_dag` of the DAG's export.
EXPORTS_AT_ONCE = 4


@dataclass(frozen=True)
class Faults:
    """The share of requests that fail, and of statements whose session dies."""

    share: float
    deadly: float


def soak(given: Settings, stack: Stack, client: Airflow, days: int, faults: Faults) -> int:
    """Load the last days, eight at once; 0 only if all of them are complete and without fault."""
    last = job.last_complete_day(datetime.now(UTC))
    first = last - timedelta(days=days - 1)
    disturb(stack, faults)
    job.say(
        f"{faults.share:.0%} of all requests fail. Loading {first} to {last}, eight days at once …"
    )
    before = _tries(client, first)
    began = time.monotonic()
    job.backfill(client, given, first, last, at_once=8, again=True)
    seconds = time.monotonic() - began
    counts = {name: requests.get(url, timeout=10).json() for name, url in _counters(stack).items()}
    recover(stack)
    bad = [day for day in _days(first, days) if not _is_whole(given, stack, day)]
    job.say(f"\n{days} days in {seconds:.0f} s, {days - len(bad)} complete and without fault.")
    job.say("\n".join(f"{name}: {_in_words(count)}" for name, count in counts.items()))
    job.say(_again(_tries(client, first), before))
    return 1 if bad or counts["Amplitude"]["most_at_once"] > EXPORTS_AT_ONCE else 0


def disturb(stack: Stack, faults: Faults) -> None:
    """Let every stand-in fail from now on.

    The first answers of Amplitude are late, so that as many are under way at once as there may be.
    """
    first = {"name": "slow", "times": 10, "seconds": 3}
    requests.post(f"{stack.export_api}/faults", json=first, timeout=10).raise_for_status()
    stations = ((stack.export_api, EXPORT_FAULTS), (stack.s3_proxy + "/-", S3_FAULTS))
    for url, names in (*stations, (stack.warehouse, WAREHOUSE_FAULTS)):
        _post(url, names, faults.share / len(names))
    _post(stack.warehouse, DEADLY_FAULTS, faults.deadly / len(DEADLY_FAULTS))


def recover(stack: Stack) -> None:
    """Let every stand-in behave again."""
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


def _is_whole(given: Settings, stack: Stack, day: date) -> bool:
    """By the checker, and by what the stand-in of Amplitude knows it has."""
    with sql.connect(given, stack.warehouse) as connection:
        found = verify.verdict(connection, given.data_dir, day)
    job.say(verify.words(found))
    exported = sum(expected_events(day).values())
    if found.events != exported:
        job.say(f"PROBLEM: Amplitude has {exported:,} events of the day")
    return verify.is_good(found) and found.compared and found.events == exported


def _tries(client: Airflow, first: date) -> Counter[tuple[str, str]]:
    """How often Airflow has begun each task of each run."""
    return Counter(
        {
            (run["dag_run_id"], f"{task['task_id']}/{task['map_index']}"): task["try_number"]
            for run in client.runs(DAILY, logical_date_gte=f"{first}T00:00:00Z")
            for task in client.tasks(DAILY, run["dag_run_id"])
        }
    )


def _again(after: Counter[tuple[str, str]], before: Counter[tuple[str, str]]) -> str:
    again: Counter[str] = Counter()
    for (run, task), tries in after.items():
        again[task.partition("/")[0]] += tries - before[run, task] - 1
    told = ", ".join(f"{name} {count}" for name, count in again.items() if count > 0)
    return f"Tasks that Airflow ran again: {told or 'none'}"
