"""Logins: which users are let in, and as which role.

A user that CREATE USER did not create is the stand-in's own administrator, with any password.
"""

from __future__ import annotations

from typing import Any

from local.warehouse.access import users
from local.warehouse.access.account import PUBLIC, Account, AccountObject
from local.warehouse.access.keys import is_signed
from local.warehouse.access.session import Access

KEY_PAIR = "SNOWFLAKE_JWT"
# docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting, and its clients' messages.
BAD_PASSWORD = (390100, "Incorrect username or password was specified.")
DISABLED = (390101, "User access disabled. Contact your local system administrator.")
BAD_TOKEN = (390144, "JWT token is invalid.")
NO_ROLE = 390189
NOT_OFFERED = 9999


class LoginRefused(Exception):
    """A refused login, with Snowflake's number and text."""

    def __init__(self, errno: int, text: str) -> None:
        super().__init__(text)
        self.errno = errno
        self.text = text


def log_in(account: Account, given: dict[str, Any], role: str, warehouse: str) -> Access:
    """Return the session's rights; role and warehouse of `given`, the login's data, can be empty.

    Raises LoginRefused.
    """
    user = _user(account, given["LOGIN_NAME"])
    _authenticate(user, given)
    name = user.name if user else given["LOGIN_NAME"].upper()
    properties = user.properties if user else {}
    warehouse = warehouse or properties.get("DEFAULT_WAREHOUSE", "")
    access = Access(account, name, created=user is not None, warehouse=warehouse)
    if role and not (account.find("ROLE", role) and access.may_be(role)):
        raise LoginRefused(
            NO_ROLE,
            f"Role '{role}' specified in the connect string does not exist or not authorized. "
            "Contact your local system administrator, or attempt to login with another role, "
            "e.g. PUBLIC.",
        )
    access.role = role or (user and _default_role(access, user)) or None
    access.secondary = users.default_secondary_roles(user) if user else ()
    return access


def default_place(account: Account, login_name: str) -> tuple[str | None, str | None]:
    """Return database and schema of the user's DEFAULT_NAMESPACE."""
    user = _user(account, login_name)
    place = user.properties.get("DEFAULT_NAMESPACE", "") if user else ""
    database, _, schema = place.partition(".")
    return database or None, schema or None


def _user(account: Account, login_name: str) -> AccountObject | None:
    wanted = login_name.upper()
    return next((u for u in account.all("USER") if users.login_name(u) == wanted), None)


def _authenticate(user: AccountObject | None, given: dict[str, Any]) -> None:
    if user and user.properties.get("DISABLED") == "true":
        raise LoginRefused(*DISABLED)
    if given.get("AUTHENTICATOR") == KEY_PAIR:
        if not (user and _has_signed(user, given)):
            raise LoginRefused(*BAD_TOKEN)
    elif "PASSWORD" not in given:
        text = f"{given.get('AUTHENTICATOR')} is not offered by the local warehouse."
        raise LoginRefused(NOT_OFFERED, text)
    elif user and not _knows_password(user, given["PASSWORD"]):
        raise LoginRefused(*BAD_PASSWORD)


def _has_signed(user: AccountObject, given: dict[str, Any]) -> bool:
    account = str(given["ACCOUNT_NAME"]).partition(".")[0]
    keys = [user.properties[key] for key in users.KEYS if key in user.properties]
    name = users.login_name(user)
    return any(is_signed(str(given["TOKEN"]), key, account, name) for key in keys)


def _knows_password(user: AccountObject, password: str) -> bool:
    """Return whether the password is right; a service has none."""
    kept = user.properties.get("PASSWORD")
    return user.properties.get("TYPE") != "SERVICE" and kept == users.digest(password)


def _default_role(access: Access, user: AccountObject) -> str:
    """Return the default role; PUBLIC if there is none, or the user does not have it."""
    role = user.properties.get("DEFAULT_ROLE", "")
    return role if role and access.may_be(role) else PUBLIC
