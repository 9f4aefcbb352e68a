"""Secondary roles: a user has the rights of all its roles in every session, unless told not to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from snowflake.connector.errors import ProgrammingError

from local.warehouse import Warehouse
from tests.local.warehouse_client import PLACE, QUERY, Client

USERS = count()
Open = Callable[..., Client]
SELECT = "select * from amplitude.raw.t"


@pytest.fixture
def open_as(account: Warehouse, admin: Client, role: str) -> Iterator[Open]:
    """Return a function that creates a user with `role` and a second one, and opens its session.

    The second role, which has `_OTHER` at its end, has the rights to read a table.
    """
    other, opened = f"{role}_OTHER", list[Client]()
    admin.run(f"create role {other}")
    for grant in (*QUERY, "select on table t", "create table on schema raw"):
        admin.run(f"grant {grant} to role {other}")

    def open_session(properties: str = "") -> Client:
        user = f"SECONDARY_{next(USERS)}"
        admin.run(f"create user {user} password = 'p' default_role = {role} {properties}")
        for name in (role, other):
            admin.run(f"grant role {name} to user {user}")
        given = account.connection() | {"user": user, "password": "p", "warehouse": "W"}
        opened.append(Client(**given))
        return opened[-1]

    yield open_session
    for session in opened:
        session.connection.close()


def active(session: Client) -> dict[str, str]:
    """Return CURRENT_SECONDARY_ROLES()."""
    ((text,),) = session.rows("select current_secondary_roles()")
    return dict(json.loads(text))


def test_a_new_user_has_the_rights_of_all_its_roles(open_as: Open, role: str) -> None:
    """Also of one that is granted later, and until they are turned off."""
    session = open_as()
    assert session.rows("select current_role()") == [(role,)]
    assert active(session) == {"roles": f"{role}_OTHER", "value": "ALL"}
    session.run(SELECT)
    session.run("use secondary roles none")
    assert active(session) == {"roles": "", "value": ""}
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        session.run(SELECT)
    session.run("use secondary roles all")
    session.run(SELECT)


def test_only_the_primary_role_can_create(open_as: Open, admin: Client, role: str) -> None:
    """The secondary roles' CREATE privileges do not count."""
    session = open_as()
    with pytest.raises(ProgrammingError, match="Insufficient privileges") as refused:
        session.run(f"create table amplitude.raw.{role} (a int)")
    assert refused.value.errno == 3001
    for grant in (*PLACE, "create table on schema raw"):
        admin.run(f"grant {grant} to role {role}")
    session.run(f"create table amplitude.raw.{role} (a int)")


@pytest.mark.parametrize("properties", ["default_secondary_roles = ()", ""])
def test_a_user_can_be_told_to_have_none(
    open_as: Open, admin: Client, account: Warehouse, properties: str
) -> None:
    """At its creation, or by ALTER for its next session; DESC USER shows it."""
    session = open_as(properties)
    ((user,),) = session.rows("select current_user()")
    if not properties:
        admin.run(f"alter user {user} set default_secondary_roles = ()")
        session = Client(**account.connection() | {"user": user, "password": "p"})
    assert active(session)["roles"] == ""
    described = {row[0]: row[1] for row in admin.rows(f"desc user {user}")}
    assert described["DEFAULT_SECONDARY_ROLES"] == "[]"


def test_single_roles_can_be_named(open_as: Open, role: str) -> None:
    """They have to be the user's."""
    session = open_as("default_secondary_roles = ()")
    session.run(f"use secondary roles {role}_OTHER")
    session.run(SELECT)
    with pytest.raises(ProgrammingError, match="is not assigned to the executing user"):
        session.run("use secondary roles accountadmin")
