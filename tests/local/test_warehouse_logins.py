"""Logins: which are let in, as which role, and where the session then is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import jwt
import pytest
import requests
import snowflake.connector
from snowflake.connector.auth.keypair import AuthByKeyPair
from snowflake.connector.errors import DatabaseError

from local.warehouse import Warehouse
from tests.local.warehouse_client import Client, as_role, key_pair

USERS = count()
KEY, PUBLIC_KEY = key_pair()
OTHER_KEY, OTHER_PUBLIC_KEY = key_pair()
PLACE = (
    "select current_user(), current_role(), current_warehouse(), current_database(), "
    "current_schema()"
)


@pytest.fixture
def user(admin: Client, role: str) -> str:
    """A service user with a key pair, a warehouse and one role of no privileges."""
    name = f"USER_{next(USERS)}"
    admin.run(
        f"create user {name} type = service default_role = '{role}' default_warehouse = 'W' "
        f"rsa_public_key = '{PUBLIC_KEY}'"
    )
    admin.run(f"grant role {role} to user {name}")
    return name


@pytest.fixture
def arguments(account: Warehouse, user: str) -> dict[str, Any]:
    """Return how the user connects with its key."""
    given = account.connection() | {"user": user, "private_key": KEY}
    del given["password"]
    return given


def refused(**arguments: Any) -> tuple[int | None, str]:
    with pytest.raises(DatabaseError) as raised:
        snowflake.connector.connect(**arguments)
    return raised.value.errno, str(raised.value)


@pytest.fixture
def session(arguments: dict[str, Any]) -> Iterator[Client]:
    opened = Client(**arguments)
    yield opened
    opened.connection.close()


def test_a_key_pair_opens_a_session_of_the_default_role(
    session: Client, user: str, role: str
) -> None:
    """Without a privilege on them, warehouse, database and schema are null."""
    assert session.rows(PLACE) == [(user, role, None, None, None)]
    assert session.rows("select current_account()") == [("LOCAL",)]
    (now,) = session.rows("select current_timestamp()")[0]
    assert now.tzinfo is not None


def test_objects_that_the_role_can_use_are_current(
    admin: Client, arguments: dict[str, Any], user: str, role: str
) -> None:
    """With USAGE on all three the session is where the login asked for; the functions return it."""
    for place in ("warehouse w", "database amplitude", "schema amplitude.raw"):
        admin.run(f"grant usage on {place} to role {role}")
    cursor = Client(**arguments).connection.cursor(snowflake.connector.DictCursor)
    assert cursor.execute(PLACE).fetchall() == [
        {
            "CURRENT_USER()": user,
            "CURRENT_ROLE()": role,
            "CURRENT_WAREHOUSE()": "W",
            "CURRENT_DATABASE()": "AMPLITUDE",
            "CURRENT_SCHEMA()": "RAW",
        }
    ]


def test_keys_are_rotated_without_a_gap(admin: Client, arguments: dict[str, Any]) -> None:
    """Both keys open a session while both are set; the first one does not once it is unset."""
    user = arguments["user"]
    admin.run(f"alter user {user} set rsa_public_key_2 = '{OTHER_PUBLIC_KEY}'")
    for key in (KEY, OTHER_KEY):
        Client(**arguments | {"private_key": key}).connection.close()
    admin.run(f"alter user {user} unset rsa_public_key")
    assert refused(**arguments)[0] == 390144
    Client(**arguments | {"private_key": OTHER_KEY}).connection.close()


@pytest.mark.parametrize(
    ("changes", "errno", "text"),
    [
        ({"private_key": OTHER_KEY}, 390144, "JWT token is invalid."),
        ({"user": "never_created"}, 390144, "JWT token is invalid."),
        ({"password": "x", "private_key": None}, 390100, "Incorrect username or password"),
        ({"role": "ACCOUNTADMIN"}, 390189, "Role 'ACCOUNTADMIN' specified in the connect string"),
        ({"role": "NOWHERE"}, 390189, "does not exist or not authorized"),
        (
            {"authenticator": "oauth", "token": "x", "private_key": None},
            9999,
            "OAUTH is not offered by the local warehouse",
        ),
    ],
    ids=["other key", "no such user", "password of a service", "not its role", "no role", "oauth"],
)
def test_a_login_is_refused_with_its_reason(
    arguments: dict[str, Any], changes: dict[str, Any], errno: int, text: str
) -> None:
    """The client gets DatabaseError with Snowflake's number and text, at once."""
    given = arguments | changes
    number, message = refused(**{name: it for name, it in given.items() if it is not None})
    assert number == errno
    assert text in message


def test_a_disabled_user_cannot_log_in(admin: Client, arguments: dict[str, Any]) -> None:
    """Any key gets error 390101."""
    admin.run(f"alter user {arguments['user']} set disabled = true")
    assert refused(**arguments)[0] == 390101


@pytest.mark.parametrize(
    ("claims", "success"),
    [
        ({}, True),
        ({"exp": datetime.now(UTC) - timedelta(seconds=1)}, False),
        ({"iat": datetime.now(UTC) + timedelta(hours=1)}, False),
        ({"sub": "LOCAL.SOMEBODY"}, False),
        ({"iss": "LOCAL.SOMEBODY.SHA256:x"}, False),
    ],
    ids=["as it should be", "expired", "not yet", "of another user", "by another key"],
)
def test_a_token_is_checked_claim_by_claim(
    account: Warehouse, user: str, claims: dict[str, Any], success: bool
) -> None:
    """A token with the right key that is late, early, or about another user is refused."""
    now, subject = datetime.now(UTC), f"LOCAL.{user}"
    issuer = f"{subject}.{AuthByKeyPair.calculate_public_key_fingerprint(KEY)}"
    good = {"iss": issuer, "sub": subject, "iat": now, "exp": now + timedelta(minutes=1)}
    token = jwt.encode(good | claims, KEY, algorithm="RS256")
    data = {
        "LOGIN_NAME": user,
        "ACCOUNT_NAME": "local",
        "AUTHENTICATOR": "SNOWFLAKE_JWT",
        "TOKEN": token,
    }
    url = f"{account.url}/session/v1/login-request"
    assert requests.post(url, json={"data": data}, timeout=10).json()["success"] is success


def test_a_person_has_a_password(admin: Client, account: Warehouse) -> None:
    """The right one opens a session, with the role PUBLIC if the user has no default role."""
    admin.run("create user person password = 'right' default_role = 'ACCOUNTADMIN'")
    person = account.connection() | {"user": "person"}
    assert Client(**person | {"password": "right"}).rows(PLACE)[0][:2] == ("PERSON", "PUBLIC")
    assert refused(**person | {"password": "wrong"})[0] == 390100


def test_a_login_with_a_role_creates_no_database(account: Warehouse) -> None:
    """A missing database is not current and not created; a login without a role creates it."""
    nowhere = {"database": "NOWHERE", "schema": "RAW"}
    session = as_role(account, "ACCOUNTADMIN", **nowhere)
    assert session.rows(PLACE)[0][3:] == (None, None)
    assert "NOWHERE" not in [row[1] for row in session.rows("show databases")]
    without_role = as_role(account, None, database="MADE", schema="HERE")
    assert without_role.rows(PLACE)[0][3:] == ("MADE", "HERE")


def test_a_session_without_a_role_is_allowed_everything(account: Warehouse) -> None:
    """The stand-in's own administrator needs neither grants nor a warehouse."""
    session = as_role(account, None)
    session.run("create or replace table without_role as select * from u")
    assert session.rows("select current_role(), count(*) from without_role")[0][0] == "ACCOUNTADMIN"
