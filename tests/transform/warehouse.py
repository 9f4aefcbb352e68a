"""The transform on the warehouse stand-in: raw rows in, dbt's own commands, tables out."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import snowflake.connector
from amplitude_export.deployment import Deployment
from amplitude_export.transform.dbt import PROJECT
from amplitude_export.transform.profile import Profile
from amplitude_export.warehouse.session import Session
from snowflake.connector import DictCursor

from local.export_api.generator import generate_day
from local.warehouse import Warehouse
from tests.pipeline.stand_ins import NAMES, set_up
from tests.transform.reference import Exported, Network

ROOT = Path(__file__).resolve().parents[2]
DBT = ROOT / ".venv-dbt" / "bin" / "python"
# Seconds for one command of dbt.
PATIENCE = 120

# The object's key, the line in it, and the event.
Line = tuple[str, int, dict[str, Any]]
Contents = dict[date, list[Line]]
# Tables that hold the progress of a run instead of data.
PROGRESS = {"AFFECTED_DAYS", "AFFECTED_DEVICES"}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a dbt command: status and message by node."""

    success: bool
    error: str
    nodes: dict[str, list[str]]

    def __str__(self) -> str:
        good = ("success", "pass")
        bad = {name: node for name, node in self.nodes.items() if node[0] not in good}
        return f"{self.error} {bad}"


class Worker:
    """A dbt process that stays; leaving the block ends it."""

    def __init__(self, folder: Path, profile: Profile) -> None:
        self.folder = folder
        self.profile = profile

    def __enter__(self) -> Worker:
        self.profile.write(self.folder)
        options = ["--profiles-dir", self.folder, "--project-dir", PROJECT]
        options += ["--target-path", self.folder / "target", "--log-path", self.folder / "logs"]
        options += ["--log-level-file", "none"]
        options += ["--vars", json.dumps({"comments": False})]
        self._process = subprocess.Popen(
            [DBT, Path(__file__).with_name("staying_dbt.py"), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "worker.log").open("w"),
            text=True,
            env={"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **self.profile.environment},
        )
        self._outcomes: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def run(self, *command: str) -> Outcome:
        """Run one dbt command. Raises TimeoutError if it does not end within PATIENCE seconds."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        try:
            line = self._outcomes.get(timeout=PATIENCE)
        except Empty:
            raise TimeoutError(f"dbt {' '.join(command)}: see {self.folder}/worker.log") from None
        assert line, (self.folder / "worker.log").read_text()[-3000:]
        return Outcome(**json.loads(line))

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._outcomes.put(line)
        self._outcomes.put("")


class Chain:
    """The transform from rows of AMPLITUDE_RAW to the tables of SILVER and GOLD."""

    def __init__(self, warehouse: Warehouse, worker: Worker) -> None:
        self.warehouse = warehouse
        self.worker = worker
        self._connection = snowflake.connector.connect(**warehouse.connection())
        self._cursor = self._connection.cursor(DictCursor)
        self._loaded_at = datetime(2026, 1, 1)
        self._held: dict[str, Contents] = {}

    def hold(self, default: Contents, **others: Contents) -> None:
        """Set the raw table's content by project; only export days that differ are replaced."""
        projects = {"default": default, **others}
        for project in self._held.keys() | projects.keys():
            held, contents = self._held.get(project, {}), projects.get(project, {})
            for day in sorted(held.keys() | contents.keys()):
                if held.get(day) != contents.get(day):
                    self._put(project, day, contents.get(day, []))
        self._held = projects

    def _put(self, project: str, day: date, lines: Iterable[Line]) -> None:
        """Replace a day of a project as a load does."""
        rows = [[key, number, event, hour_of(key)] for key, number, event in lines]
        self._loaded_at += timedelta(minutes=1)
        which = "project = %s and export_day = %s"
        self.rows(f"delete from amplitude_raw where {which}", project, day)
        if rows:
            self.rows(
                "insert into amplitude_raw (project, json_data, export_day, export_hour, "
                "source_file, source_row, loaded_at, run_id) "
                "select %s, value[2], %s::date, value[3]::timestamp_ntz, "
                "value[0]::varchar, value[1]::number, %s::timestamp_ntz, 'test' "
                "from table(flatten(parse_json(%s)))",
                project,
                day,
                self._loaded_at,
                json.dumps(rows),
            )

    def copy(self, day: date, files: Iterable[str]) -> None:
        """Add an export day from these files of the stage, with the load's own statement."""
        with closing(self._connection.cursor(DictCursor)) as cursor:
            values = {"project": "default", "day": f"{day}", "files": list(files)}
            values["run_id"] = "test"
            Session(cursor, values).run("load/copy_files")

    def put_networks(self, networks: Iterable[Network]) -> None:
        """Replace IP_NETWORKS."""
        self.rows("delete from ip_networks")
        for network in networks:
            self.rows("insert into ip_networks values (%s, %s, %s, %s)", *network)

    def run(self, *options: str, tests: bool = True) -> None:
        """Run the DAG's commands, all of which must succeed."""
        outcome = self.attempt(*options, tests=tests)
        assert outcome.success, outcome

    def attempt(self, *options: str, tests: bool = True) -> Outcome:
        """Run the DAG's commands up to the first that fails; return the last outcome."""
        for command in commands(*options, tests=tests):
            outcome = self.worker.run(*command)
            if not outcome.success:
                break
        return outcome

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return a query's rows; column names are in lower case."""
        self._cursor.execute(query, values)
        found = self._cursor.fetchall()
        return [{name.lower(): value for name, value in row.items()} for row in found]

    def table(self, name: str) -> list[dict[str, Any]]:
        """Return all rows of a table of SILVER or GOLD."""
        for schema in ("SILVER", "GOLD"):
            if f"{name}".upper() in self.names(schema):
                return self.rows(f"select * from {schema}.{name}")
        raise KeyError(name)

    def names(self, schema: str) -> list[str]:
        """Return the tables and views of a schema."""
        query = "select table_name from information_schema.{} where table_schema = %s"
        found = [self.rows(query.format(kind), schema) for kind in ("tables", "views")]
        return sorted({row["table_name"] for rows in found for row in rows})

    def tables(self) -> dict[str, list[str]]:
        """Return sorted rows as text, of all tables except those that record a run's progress."""
        return {
            name: sorted(repr(row) for row in self.rows(f"select * from {schema}.{name}"))
            for schema in ("SILVER", "GOLD")
            for name in self.names(schema)
            if name not in PROGRESS
        }


def exported(contents: Contents) -> list[Exported]:
    """Return a project's rows for the reference."""
    return [(day, *line) for day, lines in contents.items() for line in lines]


def hour_of(key: str) -> str:
    """Return the hour in an object's key, `…_<YYYY-MM-DD>_<HH>_<part>.json`."""
    *_, day, hour, _part = key.split("_")
    return f"{day} {hour}:00:00"


def commands(*options: str, tests: bool) -> Iterator[list[str]]:
    """Yield the dbt commands of the DAG's tasks."""
    without = [] if tests else ["--exclude-resource-type", "test"]
    yield ["run", "--select", "tag:changes", *options]
    yield ["build", "--select", "tag:seeds tag:silver", *without, *options]
    yield ["build", "--select", "tag:gold tag:staged", *without, *options]


@contextmanager
def started(folder: Path, s3_endpoint: str, bucket: str) -> Iterator[Chain]:
    """Start a warehouse with the project's objects, and dbt."""
    with Warehouse(file=folder / "warehouse.duckdb", s3_endpoint=s3_endpoint) as warehouse:
        set_up(warehouse, bucket)
        login = {**warehouse.connection(), "warehouse": NAMES.warehouse, **_user(warehouse)}
        with Worker(folder, Profile.of(login, Deployment())) as worker:
            yield Chain(warehouse, worker)


def _user(warehouse: Warehouse) -> dict[str, str]:
    """Create a user that has the loader's role as well, by default in every session."""
    given = {"user": "DBT", "password": "made-up"}
    with closing(snowflake.connector.connect(**warehouse.connection())) as session:
        session.cursor().execute("create user dbt password = 'made-up'")
        for role in (NAMES.loader, NAMES.deployment.transformer):
            session.cursor().execute(f"grant role {role} to user dbt")
    return given


def generated(day: date, events: int, project_id: str = "events") -> list[Line]:
    """Return an export of the stand-in's world, with about that many events.

    `project_id` is the number of the project in the objects' keys; the events do not depend on it.
    """
    return [
        (key_of(member.name, project_id), number, json.loads(line))
        for member in generate_day(day, events)
        for number, line in enumerate(gzip.decompress(member.data).splitlines(), 1)
    ]


def key_of(member: str, project_id: str = "events") -> str:
    """Return the object's key for a member such as `…/123_2026-05-01_7#0.json.gz`."""
    day, hour, part = re.findall(r"_(.{10})_(\d+)#(\d+)", member)[0]
    return f"python-import/{project_id}_{day}_{hour:0>2}_{part}.json"
