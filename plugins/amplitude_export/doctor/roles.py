"""Check that a session of the service user has the rights of one role."""

from __future__ import annotations

from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.doctor.warehouse import RoleSession
from amplitude_export.warehouse.roles import secondary_roles
from amplitude_export.warehouse.session import Connect, Session


def check_secondary_roles(runner: CheckRunner, loader: RoleSession, log_in: Connect) -> None:
    """Run `snowflake.roles`; `log_in` opens a session with the user's default roles.

    The project's own sessions turn secondary roles off; whatever else logs in as the user does not.
    """
    runner.run("snowflake.roles", lambda: _roles(loader, log_in), needs=["snowflake.login"])


def _roles(loader: RoleSession, log_in: Connect) -> str:
    with Session.opened(log_in) as session:
        others = secondary_roles(session)
    if others:
        raise Fault(
            f"A session of the user has the rights of {', '.join(others)} beside those of the role "
            f"{loader.role}",
            "run the DAG amplitude_setup, which sets default_secondary_roles = () on the user.",
        )
    return f"a session has the rights of the role {loader.role} alone"
