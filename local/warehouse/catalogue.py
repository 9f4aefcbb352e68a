"""Storage integrations and external stages, stored in two tables of the catalogue file."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from duckdb import DuckDBPyConnection
from fakesnow.transforms.stage import parts_from_var

from local.warehouse.errors import COMPILATION, error, missing, nowhere

INTEGRATIONS = "_fs_global._fs_information_schema._warehouse_integrations"
STAGES = "_fs_global._fs_information_schema._fs_stages"
# fakesnow's own table of stages, with one more column that a COPY needs.
CREATION = f"""
create table if not exists {INTEGRATIONS} (name text primary key, properties text);
alter table {STAGES} add column if not exists file_format text
"""
FIND_INTEGRATION = f"select properties from {INTEGRATIONS} where name = ?"  # noqa: S608
ALL_INTEGRATIONS = f"select name from {INTEGRATIONS} order by name"  # noqa: S608
KEEP_INTEGRATION = f"insert or replace into {INTEGRATIONS} values (?, ?)"  # noqa: S608
DROP_INTEGRATION = f"delete from {INTEGRATIONS} where name = ?"  # noqa: S608
BY_NAME = "where database_name = ? and schema_name = ? and name = ?"
FIND_STAGE = f"select url, storage_integration, file_format from {STAGES} {BY_NAME}"  # noqa: S608
DROP_STAGE = f"delete from {STAGES} {BY_NAME}"  # noqa: S608
KEEP_STAGE = f"""
insert or replace into {STAGES} by name
select ? as created_on, ? as name, ? as database_name, ? as schema_name, ? as url,
    ? as storage_integration, ? as file_format, 'EXTERNAL' as type, 'AWS' as cloud,
    'N' as has_credentials, 'N' as has_encryption_key, 'SYSADMIN' as owner, '' as comment,
    'ROLE' as owner_role_type, 'N' as directory_enabled
"""  # noqa: S608


@dataclass(frozen=True)
class Integration:
    """A storage integration: the role to assume, and the locations it allows."""

    name: str
    enabled: bool = False
    storage_provider: str = "S3"
    storage_aws_role_arn: str = ""
    storage_aws_external_id: str = ""
    storage_allowed_locations: tuple[str, ...] = ()
    storage_blocked_locations: tuple[str, ...] = ()
    comment: str = ""

    def changed(self, properties: dict[str, Any]) -> Integration:
        """Return it with the properties of a DDL statement; raise for an unknown property."""
        known = {field.name for field in fields(self)} - {"name"}
        given = {name.lower(): value for name, value in properties.items()}
        if unknown := given.keys() - known - {"type"}:
            raise error(1420, "42601", f"{COMPILATION}invalid property '{min(unknown).upper()}'")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if name in known
        }
        return replace(self, **values)

    def created(self) -> Integration:
        """Return it with an external id; without a given one it gets its own, as in Snowflake."""
        made_up = f"LOCAL_SFCRole=1_{secrets.token_urlsafe(20)}="
        return replace(self, storage_aws_external_id=self.storage_aws_external_id or made_up)

    def check(self, url: str) -> None:
        """Raise if the integration does not allow this location."""
        if not self.enabled:
            raise error(3167, "42601", f"{COMPILATION}Integration '{self.name}' is disabled.")
        blocked = any(url.startswith(place) for place in self.storage_blocked_locations)
        allowed = any(p == "*" or url.startswith(p) for p in self.storage_allowed_locations)
        if blocked or not allowed:
            raise error(
                3167,
                "42601",
                f"{COMPILATION}Location '{url}' is not allowed by integration {self.name}. Please "
                "use DESC INTEGRATION to check out allowed and blocked locations.",
            )


@dataclass(frozen=True)
class Stage:
    """An external stage, under its resolved name."""

    database: str
    schema: str
    name: str
    url: str = ""
    storage_integration: str | None = None
    file_format: str | None = None


class Catalogue:
    """The reader and writer of both tables, over one session's DuckDB connection."""

    def __init__(self, duck: DuckDBPyConnection, database: str | None, schema: str | None) -> None:
        self._duck = duck
        self._database = database
        self._schema = schema

    def integration(self, name: str) -> Integration:
        """Return the integration of that name; raise error 2003 if it does not exist."""
        rows = self._duck.execute(FIND_INTEGRATION, [name.upper()]).fetchall()
        if not rows:
            raise missing("Integration", name.upper())
        return Integration(name.upper()).changed(json.loads(rows[0][0]))

    def integrations(self) -> list[str]:
        """Return all names, in order."""
        return [name for (name,) in self._duck.execute(ALL_INTEGRATIONS).fetchall()]

    def has_integration(self, name: str) -> bool:
        """Return whether an integration has that name, in any case of its letters."""
        return name.upper() in self.integrations()

    def keep_integration(self, integration: Integration) -> None:
        """Add an integration, or replace the one of the same name."""
        properties = {name: value for name, value in asdict(integration).items() if name != "name"}
        self._duck.execute(KEEP_INTEGRATION, [integration.name, json.dumps(properties)])

    def drop_integration(self, name: str) -> None:
        """Drop an integration; stages that use it stay, and fail from then on."""
        self._duck.execute(DROP_INTEGRATION, [name.upper()])

    def named(self, name: str) -> Stage:
        """Return a stage of that name, without properties."""
        if "." not in name and not self._schema:
            raise nowhere("schema")
        if name.count(".") < 2 and not self._database:
            raise nowhere("database")
        return Stage(*parts_from_var(name, self._database, self._schema))

    def find_stage(self, name: str) -> Stage | None:
        """Return the stage, or None."""
        wanted = self.named(name)
        names = [wanted.database, wanted.schema, wanted.name]
        rows = self._duck.execute(FIND_STAGE, names).fetchall()
        found = [Stage(wanted.database, wanted.schema, wanted.name, *row) for row in rows]
        return found[0] if found else None

    def stage(self, name: str) -> Stage:
        """Return the stage; raise error 2003 if it does not exist."""
        found = self.find_stage(name)
        if found is None:
            wanted = self.named(name)
            raise missing("Stage", f"{wanted.database}.{wanted.schema}.{wanted.name}")
        return found

    def keep_stage(self, stage: Stage) -> None:
        """Add or replace a stage; raise if its integration is missing or does not allow its URL."""
        if stage.storage_integration:
            self.integration(stage.storage_integration).check(stage.url)
        self._duck.execute(
            KEEP_STAGE,
            [
                datetime.now(UTC),
                stage.name,
                stage.database,
                stage.schema,
                stage.url,
                stage.storage_integration,
                stage.file_format,
            ],
        )

    def drop_stage(self, stage: Stage) -> None:
        """Drop a stage; the files behind it stay."""
        self._duck.execute(DROP_STAGE, [stage.database, stage.schema, stage.name])
