"""Two projects with the same devices, users, sessions and insert ids share nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform.alphabets import NETWORKS
from tests.transform.test_exact import fail_run
from tests.transform.warehouse import ROOT, Chain, Contents, generated

DAYS = (date(2026, 5, 1), date(2026, 5, 2))
ANSWERS = ROOT / "include" / "sql" / "answers"
# What is not a table of events: a run's progress, and the seeds.
OTHERS = {
    *("AFFECTED_DAYS", "AFFECTED_DEVICES"),
    *("NETWORK_CLASSES", "NETWORK_CLASS_PATTERNS", "FREE_MAIL_DOMAINS"),
}

Rows = dict[str, list[dict[str, Any]]]


def exports(*days: date, project_id: str) -> Contents:
    """Return the same events for each project, in files of their own."""
    return {day: generated(day, 300, project_id) for day in days}


def relations(chain: Chain, kind: str) -> list[str]:
    """Return the names of the TABLEs or VIEWs that dbt has built, such as SILVER.EVENTS."""
    query = """select table_schema || '.' || table_name as name from information_schema.tables
        where table_schema in ('SILVER', 'GOLD') and table_type like %s order by 1"""
    found = [row["name"] for row in chain.rows(query, f"%{kind}")]
    return [name for name in found if name.partition(".")[2] not in OTHERS]


def everything(chain: Chain, project: str) -> Rows:
    """Return the project's rows of all tables, views and answers, in one order."""
    names = [*relations(chain, "TABLE"), *relations(chain, "VIEW")]
    queries = {name: f"select * from {name}" for name in names}
    queries |= {file.stem: file.read_text() for file in ANSWERS.glob("*.sql")}
    found = {name: chain.rows(query) for name, query in queries.items()}
    return {
        name: sorted((row for row in rows if row["project"] == project), key=repr)
        for name, rows in found.items()
    }


def counts(tables: Rows) -> dict[str, int]:
    return {name: len(rows) for name, rows in tables.items()}


def affected(chain: Chain) -> tuple[set[tuple[str, date]], set[str]]:
    """Let a run begin; return its days with their projects, and the projects of its devices."""
    assert chain.worker.run("run", "--select", "tag:changes").success
    days = chain.rows("select project, export_day from silver.affected_days")
    devices = chain.rows("select project from silver.affected_devices")
    return (
        {(row["project"], row["export_day"]) for row in days},
        {row["project"] for row in devices},
    )


@pytest.fixture
def alone(chain: Chain) -> Rows:
    """Build two days of the project `default`; return its rows, which no table is without."""
    chain.put_networks(NETWORKS)
    chain.hold(exports(*DAYS, project_id="123"))
    chain.run(tests=False)
    found = everything(chain, "default")
    assert [name for name, rows in found.items() if not rows] == []
    return found


def test_the_same_events_of_another_project_change_no_row(chain: Chain, alone: Rows) -> None:
    """They have as many rows of their own, and a run replaces nothing else."""
    own, app = exports(*DAYS, project_id="123"), exports(*DAYS, project_id="456")
    chain.hold(own, app=app)
    assert affected(chain) == ({("app", day) for day in DAYS}, {"app"})
    chain.run(tests=False)
    assert everything(chain, "default") == alone
    assert counts(everything(chain, "app")) == counts(alone)
    chain.hold(own, app={DAYS[0]: app[DAYS[0]]})
    assert affected(chain) == ({("app", DAYS[1])}, {"app"})


def test_tables_of_an_earlier_version_are_rebuilt_by_themselves(chain: Chain, alone: Rows) -> None:
    """Also if the first run fails; they had the same keys, but no project."""
    for view in relations(chain, "VIEW"):
        chain.rows(f"drop view {view}")
    for table in [*relations(chain, "TABLE"), "SILVER.AFFECTED_DAYS", "SILVER.AFFECTED_DEVICES"]:
        chain.rows(f"alter table {table} drop column project")
    chain.rows("insert into silver.events (device_key, uuid) values ('unknown', '1')")
    chain.hold(exports(*DAYS, project_id="123"), app=exports(*DAYS, project_id="456"))
    fail_run(chain, ("refuse", "create or replace transient table", "int_sessions"))
    chain.run(tests=False)
    assert everything(chain, "default") == alone
    assert counts(everything(chain, "app")) == counts(alone)
    assert affected(chain) == (set(), set())
