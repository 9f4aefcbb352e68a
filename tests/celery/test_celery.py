"""CeleryExecutor for real: two days on two workers, one of which is killed midway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import snowflake.connector
from amplitude_export.verify.verify import verify_day

from local.launcher.processes import Service
from tests.celery import sessions
from tests.celery.client import Client, Try, wait
from tests.celery.deployment import Around, Deployment
from tests.pipeline.stand_ins import Table

FIRST = date(2026, 9, 22)
DAYS = [FIRST + timedelta(days=n) for n in range(2)]
KILLED, SURVIVOR = "two", "one"


@dataclass(frozen=True)
class Backfill:
    """The state of each day's run, the killed worker's tasks, and all tries of all tasks."""

    runs: dict[date, str]
    lost: list[Try]
    tries: list[Try]


@pytest.fixture(scope="module")
def backfill(deployment: Deployment) -> Backfill:
    """Run two days in windows of six hours, and kill a worker in the middle of a window."""
    client = deployment.client
    client.backfill(DAYS[0], DAYS[-1])
    lost = kill_running_windows(client, deployment.workers[KILLED])
    return Backfill(client.wait_for_runs(), lost, client.tries())


def kill_running_windows(client: Client, worker: Service) -> list[Try]:
    """Kill the worker in the middle of windows; return the tries that it cannot have ended.

    It is frozen first, so that the tasks found running are those that the kill interrupts.
    """

    def caught() -> bool:
        if not is_mid_window(client.last_tries()):
            return False
        sessions.freeze(worker)
        if is_mid_window(client.last_tries()):
            return True
        sessions.thaw(worker)
        return False

    wait(caught, f"worker {KILLED} in the middle of a window")
    sessions.kill(worker)
    return running_windows(client.last_tries())


def is_mid_window(tries: list[Try]) -> bool:
    """Return True if the worker runs a window's task and has an archive that is not unpacked."""
    downloaded = {t.window for t in tries if t.is_done("export", KILLED)}
    unpacked = {t.window for t in tries if t.is_done("decompress")}
    return bool(running_windows(tries) and downloaded - unpacked)


def running_windows(tries: list[Try]) -> list[Try]:
    """Return the windows' tasks that the worker is running."""
    return [t for t in tries if t.state == "running" and t.hostname == KILLED and t.of_a_window]


@pytest.mark.parametrize(
    ("service", "hostname"),
    [("api-server", ""), ("scheduler", ""), ("worker", KILLED)],
)
def test_a_running_service_is_healthy_by_its_own_check(
    deployment: Deployment, service: str, hostname: str
) -> None:
    """The health check of the compose file succeeds."""
    check = deployment.containers.health(service, hostname)
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_day_is_complete(backfill: Backfill, around: Around, table: Table, day: date) -> None:
    """The table has each event once, and the ledger has the right count for each hour."""
    exported = {hour: sorted(uuids) for hour, uuids in around.api.expected_uuids(day).items()}
    assert backfill.runs[day] == "success"
    assert table.uuids(day) == {hour: uuids for hour, uuids in exported.items() if uuids}
    assert {h: events for h, (_, _, events) in table.ledger(day).items()} == {
        hour: len(exported.get(hour, [])) for hour in range(24)
    }


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_checker_finds_no_difference(
    backfill: Backfill, deployment: Deployment, around: Around, day: date
) -> None:
    """Table, ledger, bucket and shared volume agree."""
    volume = deployment.containers.home / "data"
    verdict = verify_day(
        lambda: snowflake.connector.connect(**around.warehouse.connection()), volume, day
    )
    assert (verdict.loaded, verdict.compared, verdict.problems) == (True, True, [])


def test_the_workers_share_the_volume(backfill: Backfill) -> None:
    """One unpacks archives that the other has downloaded."""
    downloaded = {t.window for t in backfill.tries if t.is_done("export", KILLED)}
    unpacked = {t.window for t in backfill.tries if t.is_done("decompress", SURVIVOR)}
    assert downloaded & unpacked


def test_the_other_worker_runs_the_killed_workers_tasks(backfill: Backfill) -> None:
    """Each lost try has failed, and a later one has succeeded elsewhere."""
    assert backfill.lost
    for lost in backfill.lost:
        tries = {t.number: t for t in backfill.tries if t.task == lost.task}
        assert (tries[lost.number].state, tries[lost.number].hostname) == ("failed", KILLED)
        last = tries[max(tries)]
        assert (last.state, last.hostname) == ("success", SURVIVOR)


def test_a_killed_workers_logs_can_be_read(backfill: Backfill, deployment: Deployment) -> None:
    """The UI reads the file from the volume of the logs, without the worker."""
    for lost in backfill.lost:
        assert f"attempt={lost.number}.log" in deployment.client.log_of(lost)
