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
from tests.transform.warehouse import Chain, Contents, generated

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


def histories() -> Iterator[Contents]:
    """Yield the raw table's content after each step; the last one empties a day everywhere."""
    found = worlds.some(worlds.changes(), HISTORIES)
    held: dict[int, worlds.Days] = {number: {} for number in range(HISTORIES)}
    for step in zip_longest(*found):
        for number, change in enumerate(step):
            if change is not None:
                held[number] |= worlds.apart(change.days, f"w{number}")
        all_days = worlds.together(held.values())
        yield {day: worlds.lines(day, events) for day, events in all_days.items()}
    fullest = max(all_days, key=lambda day: len(all_days[day]))
    yield {day: worlds.lines(day, all_days[day]) for day in all_days if day != fullest}


def fail_run(chain: Chain, failure: tuple[str, str, str]) -> None:
    """End a run at that statement; the model's table is then unchanged or complete."""
    fault, verb, model = failure
    comment = rf'[\s\S]*"model\.amplitude\.{model}"'
    chain.warehouse.fail(fault, statement=rf"^\s*{verb}\b{comment}")
    full = ["--full-refresh"] if "transient" in verb else []
    outcome = chain.attempt(*full, tests=False)
    assert not outcome.success, failure
    assert outcome.nodes[model][0] == "error", outcome
    chain.warehouse.recover()


def test_changes_and_failed_runs_lead_to_a_full_refresh(chain: Chain) -> None:
    """Each step's tables match the definitions; the last step's equal a full refresh."""
    chain.put_networks(NETWORKS)
    seeds, failures, rng = Seeds.read(), iter(FAILURES), Random(6)
    for number, contents in enumerate(histories()):
        chain.hold(contents)
        if number:
            for _ in range(rng.randint(1, 2)):
                if failure := next(failures, None):
                    fail_run(chain, failure)
        if number % 3 == 2:
            # No successful run precedes the next change.
            continue
        chain.run(tests=number == 1)
        rows = [(day, *line) for day, lines in contents.items() for line in lines]
        reference = expected(rows, NETWORKS, seeds)
        for table in COLUMNS:
            found = difference(COLUMNS[table], reference[table], chain.table(table))
            assert not found, f"step {number}, {table}: {found}"
    incremental = chain.tables()
    chain.run("--full-refresh", tests=False)
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
