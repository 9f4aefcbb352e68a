"""After any sequence of changes and failed runs, the tables equal a full refresh."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from random import Random

from tests.transform import worlds
from tests.transform.alphabets import NETWORKS
from tests.transform.differences import difference
from tests.transform.reference import Seeds, expected
from tests.transform.reference.columns import COLUMNS
from tests.transform.warehouse import Chain, Contents, exported, generated

# Histories that share each run: a run of dbt costs seconds, an event next to nothing.
HISTORIES = int(os.environ.get("HISTORIES", "8"))

# Ways in which a run fails: a fault, the beginning of the statement that it hits, and the model.
# Only a full refresh replaces a transient table as a whole, so that this failure needs one.
FAILURES = [
    ("refuse", "insert into", "int_events"),
    ("session_dies", "commit", "base_amplitude__events"),
    ("lost_answer", "commit", "int_sessions"),
    ("refuse", "insert into", "journey_steps"),
    ("refuse", "create or replace transient table", "int_devices"),
    ("refuse", "create or replace", "daily"),
    ("refuse", "insert into", "affected_devices"),
    ("session_dies", "insert into", "staged_days"),
    ("refuse", r"delete from \S+affected_devices", "staged_days"),
]


def histories() -> Iterator[dict[str, Contents]]:
    """Yield the raw table's content after each step; the last one empties a day of a project."""
    found = worlds.some(worlds.changes(), HISTORIES)
    held: list[worlds.Days] = [{} for _ in range(HISTORIES)]
    for step in zip_longest(*found):
        for days, change in zip(held, step, strict=True):
            if change is not None:
                days.update(change.days)
        contents = worlds.projects(held)
        yield contents
    own = contents["app"]
    fullest = max(own, key=lambda day: len(own[day]))
    yield contents | {"app": {day: own[day] for day in own if day != fullest}}


def fail_run(chain: Chain, failure: tuple[str, str, str], *options: str) -> None:
    """End a run at that statement; the model's table is then unchanged or complete."""
    fault, verb, model = failure
    comment = rf'[\s\S]*"model\.amplitude\.{model}"'
    chain.warehouse.fail(fault, statement=rf"^\s*{verb}\b{comment}")
    outcome = chain.attempt(*options, tests=False)
    assert not outcome.success, failure
    assert outcome.nodes[model][0] == "error", outcome
    chain.warehouse.recover()


def run_with_other_formats(chain: Chain, *options: str, tests: bool) -> None:
    """Run while the account reads dates differently: each model, seed and test has a session."""
    mains = r"\b(create or replace|insert|delete from|count\(\*\) as failures)\b"
    chain.warehouse.fail("account_formats", statement=mains, times=None)
    try:
        chain.run(*options, tests=tests)
    finally:
        chain.warehouse.recover()


def test_changes_and_failed_runs_lead_to_a_full_refresh(chain: Chain) -> None:
    """Each step's tables match the definitions; the last step's equal a full refresh.

    One run with all tests and the full refresh also show that the account's formats do not matter.
    """
    chain.put_networks(NETWORKS)
    seeds, failures, rng = Seeds.read(), iter(FAILURES), Random(6)
    for number, contents in enumerate(histories()):
        chain.hold(**contents)
        if number:
            for _ in range(rng.randint(1, 2)):
                if failure := next(failures, None):
                    full = ["--full-refresh"] if "transient" in failure[1] else []
                    fail_run(chain, failure, *full)
        if number % 3 == 2:
            # No successful run precedes the next change.
            continue
        if number == 1:
            run_with_other_formats(chain, tests=True)
        else:
            chain.run(tests=False)
        rows = {project: exported(days) for project, days in contents.items()}
        reference = expected(rows, NETWORKS, seeds)
        for table in COLUMNS:
            found = difference(COLUMNS[table], reference[table], chain.table(table))
            assert not found, f"step {number}, {table}: {found}"
    incremental = chain.tables()
    run_with_other_formats(chain, "--full-refresh", tests=False)
    assert incremental == chain.tables()


def test_a_day_of_a_failed_run_that_is_emptied_again_leaves_no_rows(chain: Chain) -> None:
    """No run has finished it, so only its rows show that it existed."""
    stays, goes = (date(2026, 5, day) for day in (1, 2))
    chain.hold({stays: generated(stays, 20)})
    chain.run(tests=False)
    before = chain.tables()
    chain.hold({stays: generated(stays, 20), goes: generated(goes, 20)})
    fail_run(chain, ("refuse", "insert into", "int_sessions"))
    chain.hold({stays: generated(stays, 20)})
    chain.run(tests=False)
    assert chain.tables() == before
