"""The commands behind `make run`, `up`, `down`, `sql` and others of `make help`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import requests

from local.launcher import (
    airflow,
    cli,
    doctor,
    history,
    inventory,
    job,
    networks,
    options,
    projects,
    report,
    setup,
    soak,
    sql,
    stations,
    transform,
    verify,
)
from local.launcher.processes import StartError
from local.launcher.progress import RunFailed, seconds_by_task
from local.launcher.rest import Airflow, RestError
from local.launcher.settings import STATE, Settings, SettingsError, make_folder, read
from local.launcher.stack import InUse, Stack, connections, start

if TYPE_CHECKING:
    from amplitude_export.projects import Project

UP_DAYS = 14
# The 5th newest of them is left out, so that the page in the UI has a gap to show and to fill.
GAP = timedelta(days=4)


def run(given: Settings, project: Project, day: date) -> int:
    """Load one day and compare the counts; return 0 only if all of them agree."""
    projects.require_keys(given, [project])
    began = time.monotonic()
    with _ready(given) as (stack, client):
        if not stack.kept:
            job.echo(
                f"Ready after {time.monotonic() - began:.0f} s. Loading {project.name}, {day} …"
            )
        return _load_and_compare(given, stack, client, project, day, began)


@contextmanager
def _ready(given: Settings) -> Iterator[tuple[Stack, Airflow]]:
    """Use the stack that `up` left running, or start one that ends with the block."""
    if running := Stack.running():
        client = Airflow(running.url)
        client.log_in()
        yield running, client
        return
    stack = Stack.new(kept=False)
    try:
        yield stack, _prepare(given, stack)
    finally:
        _stop(stack)


def _prepare(given: Settings, stack: Stack) -> Airflow:
    """Start everything; return Airflow's client when a day can be loaded."""
    job.echo(f"Starting Airflow and {_stand_ins(given)} …")
    # Only a stack that stays has the schedule: it would load a day that was not requested.
    client = start(stack, given, schedule=stack.kept)
    job.abandon_leftovers(client, [project.dag_id for project in projects.read(given)])
    if stack.warehouse_is_new:
        job.set_up(client)
    elif stack.warehouse:
        setup.join(given, {**given.env, **connections(stack)})
    if given.has_networks:
        job.ensure_networks(client, schedule=stack.kept, new_warehouse=stack.warehouse_is_new)
    return client


def _load_and_compare(
    given: Settings, stack: Stack, client: Airflow, project: Project, day: date, began: float
) -> int:
    since = transform.allow(stack, client)
    run_id, tasks = job.run_day(client, project.dag_id, day)
    with sql.connect(given, stack.warehouse) as connection:
        of_day = (connection, given.data_dir, project.name, day)
        counts = stations.count(client, run_id, tasks, *of_day)
        found = verify.verdict(*of_day)
    total = time.monotonic() - began
    job.echo(f"\n{project.name}, {day} (UTC)\n{report.day_table(counts)}\n")
    job.echo(report.timings(seconds_by_task(tasks), total))
    job.echo("\n" + verify.text(found, project.name))
    verdict = _verdict(counts, project.name, day) if verify.is_good(found) else 1
    transform.follow(given, stack, client, since)
    return verdict


def _verdict(counts: report.DayCounts, project: str, day: date) -> int:
    if disagreements := counts.disagreements():
        job.echo("\nThe stations DISAGREE:\n" + "\n".join(disagreements))
        return 1
    job.echo(
        f"All stations and the ledger agree. Look at the rows:\n{report.rows_command(project, day)}"
    )
    return 0


def up(given: Settings) -> int:
    """Start the stack, load the last complete days except one, and leave it running.

    The projects are loaded side by side.
    """
    loaded = projects.read(given)
    projects.require_keys(given, loaded)
    if running := Stack.running():
        job.echo(f"Already running at {running.url} (end it with: make down)")
        return 0
    stack = Stack.new(kept=True)
    try:
        client = _prepare(given, stack)
        last = job.last_complete_day(datetime.now(UTC))
        first = last - timedelta(days=UP_DAYS - 1)
        job.echo(f"Airflow is at {stack.address}.")
        # Your own warehouse gets every day.
        gap = last - GAP if given.cloud_is_local else None
        since = transform.allow(stack, client)
        spans = history.load(client, history.spans(loaded, first, last, gap))
        transform.follow(given, stack, client, since)
    except BaseException:
        _stop(stack)
        raise
    job.echo(f"\nRunning at {stack.url} (end it with: make down).")
    job.echo(report.completeness(stack.url, spans))
    return 0


def down() -> int:
    """End the stack that `up`, or a launcher that was killed, left running."""
    stack = Stack.load()
    if stack is None:
        job.echo("Nothing is running.")
        return 0
    stack.require_abandoned()
    alive = [service.name for service in stack.services if service.alive()]
    stack.stop()
    job.echo(f"Ended {', '.join(alive)}." if alive else "All its processes had ended already.")
    return 0


def query(given: Settings, text: str) -> int:
    """Print the rows that the warehouse returns for each statement."""
    first, *others = sql.statements(text)
    with sql.warehouse(given) as connection:
        job.echo(sql.show(connection, first))
        for query in others:
            job.echo("\n" + sql.show(connection, query))
    return 0


def check(given: Settings, project: Project, day: date) -> int:
    """Compare a loaded day with its export; return 0 only if they are the same."""
    with sql.warehouse(given) as connection:
        found = verify.verdict(connection, given.data_dir, project.name, day)
    job.echo(verify.text(found, project.name))
    return 0 if verify.is_good(found) else 1


def under_faults(given: Settings, days: int, faults: soak.Faults) -> int:
    """Load history while requests fail; return 0 only if every event is loaded once."""
    if not (given.amplitude_is_local and given.cloud_is_local):
        raise SettingsError("only stand-ins fail on demand: remove the connections from .env")
    with _ready(given) as (stack, client):
        return soak.soak(given, stack, client, days, faults)


def _stand_ins(given: Settings) -> str:
    local = ["Amplitude"] * given.amplitude_is_local + ["S3", "Snowflake"] * given.cloud_is_local
    local += ["a package registry"] * given.networks_are_local
    return f"stand-ins for {', '.join(local)}" if local else "no stand-in"


def _stop(stack: Stack) -> None:
    """End the stack; a second Ctrl-C does not interrupt it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stack.stop()


def _what_goes_on() -> str:
    if running := Stack.running():
        return f"Airflow and its other runs go on at {running.url} (end them with: make down)."
    return "Everything that was started has been ended."


def _dispatch(asked: argparse.Namespace) -> int:
    if asked.command == "down":
        return down()
    given, now = read(), datetime.now(UTC)
    projects.write_local(given, job.last_complete_day(now))
    if asked.command == "up":
        return up(given)
    if asked.command == "doctor":
        return doctor.doctor(given, as_json=asked.json)
    if asked.command == "inventory":
        return inventory.inventory(given, asked)
    if asked.command == "networks":
        return networks.load(given)
    if asked.command == "sql":
        return query(given, asked.query)
    if asked.command == "airflow":
        return cli.run(given, asked.line)
    if asked.command == "soak":
        return under_faults(given, asked.days, soak.Faults(asked.share, asked.deadly))
    command = check if asked.command == "verify" else run
    day = options.complete_day(asked.day, now)
    return command(given, projects.named(given, asked.project), day)


def main() -> int:
    """Run the command line; print expected failures without a stack trace."""
    # `kill` and a closed terminal end the stack just as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    asked = options.parser().parse_args()
    try:
        # It holds the stand-ins' keys, and real events where Amplitude is configured.
        make_folder(STATE, private=True)
        return _dispatch(asked)
    except KeyboardInterrupt:
        job.echo(f"\nInterrupted. {_what_goes_on()}")
        return 130
    except (SettingsError, InUse, sql.QueryRefused) as error:
        job.echo(f"{error}")
        return 1
    except (StartError, RunFailed, RestError, requests.RequestException) as error:
        job.echo(
            f"\n{error}\nLogs are in {airflow.LOGS.parent}; `make up` keeps the UI open to look."
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
