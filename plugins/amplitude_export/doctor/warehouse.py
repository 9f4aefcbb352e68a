"""Whether Snowflake lets the loader in, where the connection says, with the settings of a load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC
from typing import Any

from amplitude_export.doctor import clock, probe
from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.warehouse.session import Connect, Session

_PLACE = (
    "check {what} in the connection snowflake_default; if it is there, grant usage on it to the "
    "role {role} (the DAG amplitude_setup does)."
)


class Loader:
    """One session of the loader's, for all checks of Snowflake's side.

    `named` says what the connection names as warehouse, database and schema; `parameters` are
    those that the loads ask for.
    """

    def __init__(
        self,
        connect: Connect,
        named: Callable[[str], str],
        parameters: Mapping[str, object],
    ) -> None:
        self.connect = connect
        self._named = named
        self._parameters = parameters
        self._opened = ExitStack()
        self._session: Session | None = None
        self._found: dict[str, Any] = {}

    @contextmanager
    def session_scope(self) -> Iterator[None]:
        """Ends the session that `check` may have opened."""
        with self._opened:
            yield

    def check(self, runner: CheckRunner) -> None:
        """The checks from `snowflake.login` to `snowflake.clock`."""
        runner.run("snowflake.login", self.log_in)
        runner.run("snowflake.clock", self._time, needs=["snowflake.login"])
        runner.run("snowflake.session", self._settings, needs=["snowflake.login"])
        runner.run("snowflake.warehouse", self.use_warehouse, needs=["snowflake.login"])
        runner.run("snowflake.schema", self.see_schema, needs=["snowflake.login"])

    @property
    def role(self) -> str:
        """The session's role."""
        return str(self._found["ROLE_IN_USE"])

    def run(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Run a file of include/sql about the probe's day, and return its rows."""
        return self._logged_in().run(statement, **values)

    def listed(self, prefix: str) -> dict[str, int]:
        """Key and bytes of each object below the prefix, through the stage."""
        return self._logged_in().listed(prefix)

    @contextmanager
    def rolled_back(self) -> Iterator[Session]:
        """A transaction that never commits."""
        session = self._logged_in()
        session.execute_control("begin transaction")
        try:
            yield session
        finally:
            session.execute_control("rollback")

    def _logged_in(self) -> Session:
        if self._session is None:
            raise RuntimeError("no statement can run before the login")
        return self._session

    def log_in(self) -> str:
        """Opens the session that all else needs; who logs in as what."""
        about = {"day": f"{probe.DAY:%Y-%m-%d}", "run_id": probe.RUN_ID}
        self._session = self._opened.enter_context(Session.opened(self.connect, about))
        (self._found,) = self.run("doctor/select_session")
        self._ours = clock.now()
        return f"{self._found['USER_IN_USE']} logs in with the role {self.role}"

    def _time(self) -> str:
        return clock.compare(self._ours, self._found["UTC_NOW"].replace(tzinfo=UTC), "Snowflake's")

    def _settings(self) -> str:
        """QUERY_TAG is not among them: each task has its own."""
        rows = self.run("doctor/show_parameters")
        found = {row["key"]: str(row["value"]).lower() for row in rows}
        wanted = {name: str(value).lower() for name, value in self._parameters.items()}
        wrong = [
            f"{name} is {found.get(name)} and not {value}"
            for name, value in wanted.items()
            if found.get(name) != value
        ]
        if wrong:
            raise Fault(
                "; ".join(wrong),
                "find out what sets them (hooks/warehouse.py asks for these at each login): the "
                "loads rely on every one.",
            )
        return f"{', '.join(wanted)} are as the loads need them"

    def use_warehouse(self) -> str:
        """The session's warehouse runs statements. Raises Fault where there is none."""
        self._require("warehouse")
        self.run("doctor/count_numbers")
        return f"{self._found['WAREHOUSE_IN_USE']} runs statements"

    def see_schema(self) -> str:
        """The session's database and schema are there. Raises Fault where one is not."""
        self._require("database")
        self._require("schema")
        return f"{self._found['DATABASE_IN_USE']}.{self._found['SCHEMA_IN_USE']} is there"

    def _require(self, what: str) -> None:
        """Snowflake lets a login pass that names what is not there, or not for its role."""
        if not self._found[f"{what.upper()}_IN_USE"]:
            name = self._named(what)
            raise Fault(
                f"The session has no {what}: {name or 'the connection names none'}"
                f"{' is not there, or not for the role ' + self.role if name else ''}",
                _PLACE.format(what=what, role=self.role),
            )
