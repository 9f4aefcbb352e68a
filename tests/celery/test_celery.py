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
KILLED, LEFT = "two", "one"


@dataclass(frozen=True)
class Backfill:
    """How it went: each day's run, what the killed worker was doing, and all tries of all tasks."""

    runs: dict[date, str]
    lost: list[Try]
    tries: list[Try]


@pytest.fixture(scope="module")
def backfill(deployment: Deployment) -> Backfill:
    """Two days in windows of six hours, with a worker killed in the midst of a window."""
    client = deployment.client
    client.backfill(DAYS[0], DAYS[-1])
    lost = kill_at_work(client, deployment.workers[KILLED])
    return Backfill(client.wait_for_runs(), lost, client.tries())


def kill_at_work(client: Client, worker: Service) -> list[Try]:
    """Kills the worker in the midst of windows, and returns the tries that it can't have finished.

    It is frozen for the look: what it is seen running then, it runs when it is killed.
    """

    def caught() -> bool:
        if not in_the_midst(client.last_tries()):
            return False
        sessions.freeze(worker)
        if in_the_midst(client.last_tries()):
            return True
        sessions.thaw(worker)
        return False

    wait(caught, f"worker {KILLED} in the midst of a window")
    sessions.kill(worker)
    return at_work(client.last_tries())


def in_the_midst(tries: list[Try]) -> bool:
    """Whether the worker runs a window's task, and has downloaded an archive for the others."""
    downloaded = {t.window for t in tries if t.is_done("export", KILLED)}
    unpacked = {t.window for t in tries if t.is_done("decompress")}
    return bool(at_work(tries) and downloaded - unpacked)


def at_work(tries: list[Try]) -> list[Try]:
    """What the worker is running of windows."""
    return [t for t in tries if t.state == "running" and t.hostname == KILLED and t.of_a_window]


@pytest.mark.parametrize(
    ("service", "hostname"),
    [("api-server", ""), ("scheduler", ""), ("worker", KILLED)],
)
def test_a_running_service_is_healthy_by_its_own_check(
    deployment: Deployment, service: str, hostname: str
) -> None:
    """The compose file's health check, run where the service runs."""
    check = deployment.containers.health(service, hostname)
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_day_is_complete(backfill: Backfill, around: Around, table: Table, day: date) -> None:
    """Each of its events is there once, and the ledger says so for each hour."""
    exported = {hour: sorted(uuids) for hour, uuids in around.api.expected_uuids(day).items()}
    assert backfill.runs[day] == "success"
    assert table.uuids(day) == {hour: uuids for hour, uuids in exported.items() if uuids}
    assert {h: events for h, (_, _, events) in table.ledger(day).items()} == {
        hour: len(exported.get(hour, [])) for hour in range(24)
    }


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_day_is_verified(
    backfill: Backfill, deployment: Deployment, around: Around, day: date
) -> None:
    """Table, ledger, bucket and the shared volume agree, by the product's own checker."""
    volume = deployment.containers.home / "data"
    verdict = verify_day(
        lambda: snowflake.connector.connect(**around.warehouse.connection()), volume, day
    )
    assert (verdict.loaded, verdict.compared, verdict.problems) == (True, True, [])


def test_the_workers_share_the_volume(backfill: Backfill) -> None:
    """What one has downloaded, the other has unpacked."""
    downloaded = {t.window for t in backfill.tries if t.is_done("export", KILLED)}
    unpacked = {t.window for t in backfill.tries if t.is_done("decompress", LEFT)}
    assert downloaded & unpacked


def test_what_the_killed_worker_was_running_was_run_by_the_other(backfill: Backfill) -> None:
    """Each lost try is failed, and a later one has succeeded elsewhere."""
    assert backfill.lost
    for lost in backfill.lost:
        tries = {t.number: t for t in backfill.tries if t.task == lost.task}
        assert (tries[lost.number].state, tries[lost.number].hostname) == ("failed", KILLED)
        last = tries[max(tries)]
        assert (last.state, last.hostname) == ("success", LEFT)


def test_a_killed_workers_logs_can_be_read(backfill: Backfill, deployment: Deployment) -> None:
    """The UI finds the file on the volume of the logs, though the worker is gone."""
    for lost in backfill.lost:
        assert f"attempt={lost.number}.log" in deployment.client.log_of(lost)
