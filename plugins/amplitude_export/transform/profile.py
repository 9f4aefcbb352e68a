"""The profile with which dbt logs in: snowflake_default's, with the transformer's role."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowflake.connector.util_text import construct_hostname

from amplitude_export.connection import bad_connection
from amplitude_export.deployment import Deployment
from amplitude_export.settings import SNOWFLAKE

# The number of models that dbt builds at the same time, each in its own session.
THREADS = 4
# The fields that have the same names in dbt-snowflake and in the connector.
_FIELDS = (
    "user",
    "warehouse",
    "database",
    "authenticator",
    "port",
    "protocol",
    "workload_identity_provider",
    "proxy_host",
    "proxy_port",
)
# dbt redacts the values of variables with this prefix in its logs; docs.getdbt.com, "env_var".
_PREFIX = "DBT_ENV_SECRET_"
_TEMPLATE = re.compile(r"\{[{%#]")


@dataclass(frozen=True)
class Profile:
    """A profiles.yml without secrets, and the environment variables that hold them."""

    text: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, Any], deployment: Deployment) -> Profile:
        """Make the profile from the connector's arguments, such as `account` and `schema`.

        A `private_key` is DER bytes, as the provider's hook returns it. Raises OSError for a
        `token_file_path` that cannot be read, and BadSetting for a template in an argument.
        """
        secrets = {name: str(given[name]) for name in ("password", "token") if given.get(name)}
        if file := given.get("token_file_path"):
            secrets["token"] = Path(file).read_text().strip()
        if key := given.get("private_key"):
            secrets["private_key"] = b64encode(key).decode()
        plain = {**_place(given), **{name: given[name] for name in _FIELDS if given.get(name)}}
        _refuse_templates(plain)
        output = {
            "type": "snowflake",
            **plain,
            **{name: f"{{{{ env_var('{_PREFIX}{name.upper()}') }}}}" for name in secrets},
            "role": deployment.transformer,
            "schema": "silver",
            "threads": THREADS,
            # The thread's next model must not commit a transaction that a failed one left open.
            "reuse_connections": False,
        }
        # JSON is valid YAML.
        text = json.dumps(
            {"amplitude": {"target": "warehouse", "outputs": {"warehouse": output}}}, indent=1
        )
        variables = {f"{_PREFIX}{name.upper()}": value for name, value in secrets.items()}
        return cls(text, {**variables, "DBT_RAW_SCHEMA": str(given["schema"])})

    @property
    def secrets(self) -> list[str]:
        """The values that no message must show."""
        return [value for name, value in self.environment.items() if name.startswith(_PREFIX)]

    def write(self, folder: Path) -> None:
        """Write `profiles.yml` to the folder."""
        (folder / "profiles.yml").write_text(self.text)


def _refuse_templates(plain: Mapping[str, Any]) -> None:
    """Raise BadSetting for an argument that dbt, which renders its profile, would execute.

    With `env_var` it would send a secret to the host, in the place of a name.
    """
    for name, value in plain.items():
        if _TEMPLATE.search(str(value)):
            raise bad_connection(SNOWFLAKE, name, "it has the beginning of a template")


def _place(given: Mapping[str, Any]) -> dict[str, str]:
    """Return account and host, the host being the one that the connector reaches for the loads.

    dbt has no setting for the region: here it is a part of the account, if the host has it.
    """
    region, account = (str(given.get(name) or "") for name in ("region", "account"))
    host = construct_hostname(region, account)
    return {
        "account": host.partition(".snowflakecomputing.")[0],
        "host": given.get("host") or host,
    }
