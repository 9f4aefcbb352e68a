"""The names of Snowflake's objects: the connection's, the deployment's, and fixed ones."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting

# Only names that need no quotes in SQL: they mean the same everywhere, in upper or lower case.
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# Snowflake's own roles have privileges that no load needs, and the set-up would grant them on.
_SYSTEM_ROLES = ("ACCOUNTADMIN", "ORGADMIN", "PUBLIC", "SECURITYADMIN", "SYSADMIN", "USERADMIN")

# The schemas of the transform; the raw schema is the one that the connection names.
SILVER = "SILVER"
GOLD = "GOLD"
# The tables of the schema that the connection names.
TABLES = (
    *("amplitude_raw", "amplitude_loads", "amplitude_files", "amplitude_provisional"),
    *("amplitude_lock", "ip_networks"),
)
# What the comment marks as the deployment's: what two deployments of an account must not share.
MARKED = ("database", "integration", "role", "user")
# What the set-up changes in tables of an earlier version, see setup/migration.py.
MIGRATED = (
    "lock_with_run_id",
    "raw_without_project",
    "loads_without_project",
    "loads_without_ids",
    "lock_without_project",
)


@dataclass(frozen=True)
class Names:
    """The login of the daily runs and the places where they work.

    `public_key` is the base64 of its DER form, as RSA_PUBLIC_KEY takes it; None if the login uses
    no key pair.
    """

    user: str
    loader: str
    warehouse: str
    database: str
    schema: str
    public_key: str | None = None
    deployment: Deployment = Deployment()

    @classmethod
    def of(cls, given: Mapping[str, Any], deployment: Deployment) -> Names:
        """Read the names from the arguments with which the daily runs connect.

        Raises BadSetting for missing names, for names that need quotes, and for a role or
        schema that is Snowflake's own or another one of the deployment.
        """
        fields = {
            "user": "login",
            "role": "role (extra)",
            "warehouse": "warehouse (extra)",
            "database": "database (extra)",
            "schema": "schema",
        }
        if missing := [words for field, words in fields.items() if not given.get(field)]:
            raise BadSetting(
                f"The connection snowflake_default has no {', no '.join(missing)}.",
                "fill it in (see .env.example): the set-up creates what the connection names.",
            )
        names = {field: _name(str(given[field]), words) for field, words in fields.items()}
        if names["role"] in _SYSTEM_ROLES:
            raise BadSetting(
                f"The connection snowflake_default has the role {names['role']}, which is one of "
                "Snowflake's own.",
                "name a role for the loads alone, such as AMPLITUDE_LOADER; the set-up creates it.",
            )
        _require_free(names, deployment)
        key = given.get("private_key")
        return cls(
            user=names["user"],
            loader=names["role"],
            warehouse=names["warehouse"],
            database=names["database"],
            schema=names["schema"],
            public_key=_public_key(key) if key else None,
            deployment=deployment,
        )

    @property
    def values(self) -> dict[str, str | None]:
        """The values that the SQL of the set-up binds; None: nothing to set."""
        return {
            "owner": self.deployment.owner,
            "transformer": self.deployment.transformer,
            "reader": self.deployment.reader,
            "analyst": self.deployment.analyst,
            "integration": self.deployment.integration,
            "mark": self.deployment.mark,
            "deployment": self.deployment.name,
            **{f"{what}_comment": None for what in MARKED},
            **dict.fromkeys(MIGRATED),
            "user": self.user,
            "loader": self.loader,
            "warehouse": self.warehouse,
            "database": self.database,
            "schema": f"{self.database}.{self.schema}",
            "silver": f"{self.database}.{SILVER}",
            "gold": f"{self.database}.{GOLD}",
            **{f"owned_{what}": name for what, name in self.places.items()},
            "public_key": self.public_key,
        }

    @property
    def places(self) -> dict[str, str]:
        """The names of what the owner's role is to own; it creates the other objects itself."""
        return {
            "warehouse": self.warehouse,
            "database": self.database,
            "raw": f"{self.database}.{self.schema}",
            "silver": f"{self.database}.{SILVER}",
            "gold": f"{self.database}.{GOLD}",
        }

    @property
    def fingerprint(self) -> str | None:
        """The key's fingerprint as DESC USER shows it, `SHA256:…`; None without a key.

        See docs.snowflake.com, "Key-pair authentication".
        """
        if self.public_key is None:
            return None
        return f"SHA256:{b64encode(sha256(b64decode(self.public_key)).digest()).decode()}"


def _name(text: str, words: str) -> str:
    if not _NAME.fullmatch(text):
        raise BadSetting(
            f"The connection snowflake_default has the {words} {text!r}, which is not a plain "
            "name.",
            "use letters, digits and underscores: the set-up creates no names that need quotes.",
        )
    return text.upper()


def _require_free(names: Mapping[str, str], deployment: Deployment) -> None:
    """Raise BadSetting for a role or schema that is another one's: its rights would be shared."""
    own = deployment
    taken = {
        "role": (own.owner, own.transformer, own.reader, own.analyst),
        "schema": (SILVER, GOLD),
    }
    for field, others in taken.items():
        if names[field] in others:
            raise BadSetting(
                f"The connection snowflake_default has the {field} {names[field]}, which the "
                "set-up creates for something else, with rights of its own.",
                f"name a {field} for the loads alone (see .env.example); the set-up creates it.",
            )


def _public_key(private_key: bytes) -> str:
    """Return the public half of a private key in DER form."""
    public = load_der_private_key(private_key, password=None).public_key()
    return b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
