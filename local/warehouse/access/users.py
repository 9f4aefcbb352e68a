"""The properties of a user: which can be set, and how DESC USER shows them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from local.warehouse.access.account import AccountObject
from local.warehouse.access.keys import fingerprint
from local.warehouse.errors import COMPILATION, error
from local.warehouse.results import Answer

# In the order of docs.snowflake.com/en/sql-reference/sql/desc-user, which has more.
PROPERTIES = {
    "NAME": "Name",
    "COMMENT": "user comment associated to an object in the dictionary",
    "DISPLAY_NAME": "Display name of the associated object",
    "TYPE": "Type of the user",
    "LOGIN_NAME": "Login name of the user",
    "FIRST_NAME": "First name of the user",
    "LAST_NAME": "Last name of the user",
    "EMAIL": "Email address of the user",
    "PASSWORD": "Password of the user",
    "MUST_CHANGE_PASSWORD": "User must change the password",
    "DISABLED": "Whether the user is disabled",
    "DEFAULT_WAREHOUSE": "Default warehouse for this user",
    "DEFAULT_NAMESPACE": "Default database namespace prefix for this user",
    "DEFAULT_ROLE": "Primary principal of user session will be set to this role",
    "DEFAULT_SECONDARY_ROLES": "The secondary roles will be set to all roles provided here",
    "RSA_PUBLIC_KEY": "RSA public key of the user",
    "RSA_PUBLIC_KEY_FP": "Fingerprint of user's RSA public key.",
    "RSA_PUBLIC_KEY_2": "Second RSA public key of the user",
    "RSA_PUBLIC_KEY_2_FP": "Fingerprint of user's second RSA public key.",
}
# Parameters of a user, which DESC USER does not show.
PARAMETERS = ("NETWORK_POLICY",)
KEYS = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
SECONDARY_ROLES = "DEFAULT_SECONDARY_ROLES"
# The default of every user: docs.snowflake.com/en/user-guide/security-access-control-overview
ALL_ROLES = '["ALL"]'
NAMES_OF_OBJECTS = ("TYPE", "DEFAULT_ROLE", "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE", "LOGIN_NAME")
SHOWN = ("name", "created_on", "login_name", "comment", "disabled", "default_warehouse",
         "default_role", "owner", "type", "has_password", "has_rsa_public_key")  # fmt: skip
TYPES = ("PERSON", "SERVICE", "LEGACY_SERVICE")


def changed(user: AccountObject, given: dict[str, Any]) -> dict[str, str]:
    """Return the properties with these set; raise for an unknown one, and for a broken key."""
    for name in given.keys() - {*PROPERTIES, *PARAMETERS}:
        raise error(1420, "42601", f"{COMPILATION}invalid property '{name}' for 'USER'")
    return user.properties | {name: _value(name, value) for name, value in given.items()}


def described(user: AccountObject) -> Answer:
    """Return DESC USER: text, `null` for an unset property; a key also shows its fingerprint."""
    shown = {"NAME": user.name, "LOGIN_NAME": login_name(user), "TYPE": "null", "DISABLED": "false"}
    shown[SECONDARY_ROLES] = ALL_ROLES
    shown |= user.properties
    for key in KEYS:
        if key in user.properties:
            shown[f"{key}_FP"] = fingerprint(user.properties[key])
    if "PASSWORD" in shown:
        shown["PASSWORD"] = "********"  # noqa: S105
    rows = [
        (name, shown.get(name, "null"), "null", description)
        for name, description in PROPERTIES.items()
    ]
    return Answer(("property", "value", "default", "description"), rows)


def shown(user: AccountObject, owner: str) -> tuple[Any, ...]:
    """Return a row of SHOW USERS."""
    values = user.properties
    return (
        user.name,
        user.created_on,
        login_name(user),
        values.get("COMMENT", ""),
        values.get("DISABLED", "false"),
        values.get("DEFAULT_WAREHOUSE", ""),
        values.get("DEFAULT_ROLE", ""),
        owner,
        values.get("TYPE"),
        str("PASSWORD" in values).lower(),
        str(any(key in values for key in KEYS)).lower(),
    )


def login_name(user: AccountObject) -> str:
    """Return the name to log in with: the user's own, unless another one was set."""
    return user.properties.get("LOGIN_NAME", user.name)


def default_secondary_roles(user: AccountObject) -> tuple[str, ...] | None:
    """Return the secondary roles of a new session; None stands for all of the user's roles."""
    names = json.loads(user.properties.get(SECONDARY_ROLES, ALL_ROLES))
    return None if names == ["ALL"] else tuple(names)


def digest(password: str) -> str:
    """Return the digest that is stored of a password."""
    return sha256(password.encode()).hexdigest()


def _value(name: str, value: Any) -> str:
    if name == SECONDARY_ROLES:
        return json.dumps([str(role).upper() for role in value])
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if name in KEYS:
        text = "".join(text.split())
        fingerprint(text)
    if name == "PASSWORD":
        return digest(text)
    if name == "TYPE" and text.upper() not in TYPES:
        raise error(1008, "22023", f"{COMPILATION}invalid value [{text}] for parameter 'TYPE'")
    return text.strip('"').upper() if name in NAMES_OF_OBJECTS else text
