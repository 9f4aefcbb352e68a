"""Check that the loader can log in to Snowflake, and that its session is as a load needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC
from typing import Any

from amplitude_export.doctor import clock, probe
from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.warehouse.session import Connect, Session

_PLACE = (
    "check the {what} that the connection snowflake_default names; if it exists, grant usage on it "
    "to the role {role} (the DAG amplitude_setup does)."
)


class RoleSession:
    """One session of a role, the loader's or the transformer's, for all checks that need it.

    `named` returns the warehouse, database or schema that the connection names; `parameters` are
    the session parameters that the loads set.
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
        """Close the session at the end, if a check opened one."""
        with self._opened:
            yield

    def check(self, runner: CheckRunner) -> None:
        """Run the checks from `snowflake.login` to `snowflake.schema`."""
        runner.run("snowflake.login", self.log_in, needs=["code.include"])
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
        """Return key and bytes of each object below the prefix, as the stage lists them."""
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
        """Open the session that all other checks need; return its user and role."""
        about = {
            "project": DEFAULT_PROJECT,
            "day": f"{probe.DAY:%Y-%m-%d}",
            "run_id": probe.RUN_ID,
        }
        self._session = self._opened.enter_context(Session.opened(self.connect, about))
        (self._found,) = self.run("doctor/select_session")
        self._ours = clock.now()
        return f"{self._found['USER_IN_USE']} logs in with the role {self.role}"

    def _time(self) -> str:
        return clock.compare(self._ours, self._found["UTC_NOW"].replace(tzinfo=UTC), "Snowflake's")

    def _settings(self) -> str:
        """Compare the session parameters, except QUERY_TAG: each task sets its own."""
        rows = self.run("doctor/show_parameters")
        found = {row["key"]: str(row["value"]).lower() for row in rows}
        wanted = {name: str(value).lower() for name, value in self._parameters.items()}
        wrong = [
            f"{name} is {found.get(name)} instead of {value}"
            for name, value in wanted.items()
            if found.get(name) != value
        ]
        if wrong:
            raise Fault(
                "; ".join(wrong),
                "find out what changes them (warehouse/hook.py sets them at each login): the loads "
                "rely on every one.",
            )
        return f"{', '.join(wanted)} are as the loads need them"

    def use_warehouse(self) -> str:
        """Run a statement in the session's warehouse; raise Fault if the session has none."""
        self._require("warehouse")
        self.run("doctor/count_numbers")
        return f"{self._found['WAREHOUSE_IN_USE']} runs statements"

    def see_schema(self) -> str:
        """Raise Fault if the session has no database or no schema."""
        self._require("database")
        self._require("schema")
        return f"{self._found['DATABASE_IN_USE']}.{self._found['SCHEMA_IN_USE']} exists"

    def _require(self, what: str) -> None:
        """Raise Fault if the session lacks it.

        A login succeeds even if it names an object that does not exist, or one that its role
        cannot see.
        """
        if not self._found[f"{what.upper()}_IN_USE"]:
            name = self._named(what)
            raise Fault(
                f"The session has no {what}: {name or 'the connection names none'}"
                f"{f' does not exist, or the role {self.role} cannot see it' if name else ''}",
                _PLACE.format(what=what, role=self.role),
            )
