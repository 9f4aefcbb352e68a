"""Rows of the fault matrix, and the comparison of a run with its row."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from amplitude_export.errors import PipelineError, TryAgain

from local.export_api import API_KEY, SECRET_KEY, ExportApi
from local.warehouse import Warehouse
from tests.days import TASKS, Day
from tests.pipeline.stand_ins import AWS, Table

SECRETS = (
    API_KEY,
    SECRET_KEY,
    b64encode(f"{API_KEY}:{SECRET_KEY}".encode()).decode(),
    AWS["AWS_SECRET_ACCESS_KEY"],
)
BUCKET = "amplitude-faults"
# Long after the day: all of its hours are complete.
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
ARCHIVE = "export_20260924T00_20260924T23.zip"
# The files of a loaded day on the volume.
KEPT = (ARCHIVE, "loaded", "manifest.json")
# The files of the day until the load is committed.
FILES = tuple(f"123456_2026-09-24_{part}.json" for part in ("02_0", "14_0", "14_1"))
LANDED = (*FILES, ARCHIVE, "manifest.json")
# The number of the stand-in's events of the day, by hour.
SAMPLE = {2: 10, 14: 9}
# One query for both tables, because it runs hundreds of times.
CONTENT = """
select 'row', run_id, hour(export_hour), json_data:uuid::string, 1
from amplitude_raw
where export_day = %s
union all
select 'ledger', run_id, hour(export_hour), state, events
from amplitude_loads
where export_day = %s
"""
OLD = "an-earlier-run"
Seen = Callable[[], str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault, and the expected outcome of the day.

    error: what the first task that fails raises; None: the day succeeds, with `events` by hour.
    message: parts of its message, or of the log if it succeeds.
    files: the files on the volume afterwards.
    """

    error: type[PipelineError] | None = None
    message: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    events: dict[int, int] = field(default_factory=lambda: SAMPLE)


@dataclass
class Stage:
    """The stand-ins, a run of the day, and the rows of an earlier run in the table."""

    day: Day
    api: ExportApi
    warehouse: Warehouse
    table: Table
    seen: Seen
    pauses: list[float]
    done: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # After a failed run of another row, the earlier run's rows are still there.
        if {run for _, run, *_ in self.content()} != {OLD}:
            self._load_before()
        self._before = self.content()
        self._requests_before = len(self.api.requests)

    def _load_before(self) -> None:
        """Load one event that the stand-in does not have, and one row of the ledger."""
        day = f"{self.day.day}"
        for table in ("amplitude_raw", "amplitude_loads", "amplitude_files"):
            self.table.rows(f"delete from {table} where export_day = %s", day)
        at = f"'{day} 05:00:00'"
        self.table.rows(
            "insert into amplitude_raw (json_data, export_day, export_hour, source_file,"
            " source_row, loaded_at, run_id)"
            f" select parse_json('{{\"uuid\": \"old\"}}'), '{day}', {at}, 'f', 1, {at}, '{OLD}'"
        )
        self.table.rows(
            "insert into amplitude_loads (export_day, export_hour, state, files, events, bytes,"
            " run_id, loaded_at)"
            f" select '{day}', {at}, 'loaded', 1, 1, 9, '{OLD}', {at}"
        )

    def with_day(self, **changes: Any) -> Stage:
        """Return the same stage with another run: other windows, another bucket."""
        self.day = replace(self.day, **changes)
        return self

    @property
    def statuses(self) -> list[int]:
        """Return the statuses of the export requests, in order."""
        return [request.status for request in self.api.requests[self._requests_before :]]

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files on the volume, in any folder, sorted."""
        return tuple(sorted(p.name for p in self.day.volume.rglob("*") if p.is_file()))

    def content(self) -> Counter[tuple[Any, ...]]:
        """Return every row of the day, and of its ledger, with the run that wrote it."""
        day = f"{self.day.day}"
        return Counter(self.table.rows(CONTENT, day, day))

    def run(self, until: str = "clean_up") -> PipelineError | None:
        """Run the tasks that are not done yet, up to the first that fails; return its error.

        `statements` then has the first two words of each statement that the warehouse received.
        """
        since = len(self.warehouse.statements)
        try:
            for task in TASKS[len(self.done) : TASKS.index(until) + 1]:
                self.day.do(task)
                self.done.append(task)
        except PipelineError as error:
            return error
        finally:
            received = self.warehouse.statements[since:]
            self.statements = [" ".join(statement.split()[:2]) for statement in received]
        return None

    def require(self, row: Row) -> PipelineError | None:
        """Run the day, and assert everything in the row."""
        error = self.run()
        text = "".join([self.seen(), *chain(error)])
        assert not any(secret in text for secret in SECRETS), text
        assert type(error) is (row.error or type(None)), error
        assert self.files == row.files, self.files
        if error is None:
            self.require_loaded(row.events)
        else:
            assert self.content() == self._before, "the table has changed"
        shown = text if error is None else str(error)
        missing = [part for part in row.message if part not in shown]
        assert not missing, f"{missing} not in {shown}"
        return error

    def require_loaded(self, events: dict[int, int]) -> None:
        """Assert the events of each hour, all of this run, and 24 rows of the ledger."""
        content = self.content()
        assert {run for _, run, *_ in content} == {self.day.run_id}, content
        rows, ledger = Counter[int](), {}
        for (kind, _, hour, _, number), times in content.items():
            if kind == "row":
                rows[hour] += times
            else:
                ledger[hour] = number
        assert rows == events, rows
        assert ledger == {hour: events.get(hour, 0) for hour in range(24)}, ledger

    def require_retry(self, error: PipelineError | None, events: dict[int, int] = SAMPLE) -> None:
        """End the fault; Airflow's retry then loads the whole day once."""
        if isinstance(error, TryAgain):
            self.recover()
            again = self.run()
            assert again is None, again
            self.require_loaded(events)

    def recover(self) -> None:
        """End all faults."""
        self.api.recover()
        self.warehouse.recover()


def chain(error: BaseException | None) -> list[str]:
    """Return the messages of the error and its causes, all of which a traceback shows."""
    found = []
    while error:
        found += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    return found
