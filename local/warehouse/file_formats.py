"""DESC, ALTER, DROP and SHOW of file formats; CREATE and their table are fakesnow's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection
from fakesnow.transforms.file_format import lookup_file_format

from local.warehouse.access.names import Names
from local.warehouse.access.privileges import ANY, OWNERSHIP, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.errors import missing
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, is_like, missing_object

FORMATS = "_fs_global._fs_information_schema._fs_file_formats"
SHOW = f"""
select created_on, name, database_name, schema_name, type, comment, options
from {FORMATS} order by database_name, schema_name, name
"""  # noqa: S608
BY_NAME = "where database_name = ? and schema_name = ? and name = ?"
SHOWN = ("created_on", "name", "database_name", "schema_name", "type", "comment", "format_options")
# Snowflake's defaults for TYPE = JSON.
# docs.snowflake.com/en/sql-reference/sql/create-file-format
JSON_DEFAULTS = {
    "TYPE": "JSON",
    "FILE_EXTENSION": "",
    "DATE_FORMAT": "AUTO",
    "TIME_FORMAT": "AUTO",
    "TIMESTAMP_FORMAT": "AUTO",
    "BINARY_FORMAT": "HEX",
    "TRIM_SPACE": False,
    "MULTI_LINE": True,
    "NULL_IF": [],
    "COMPRESSION": "AUTO",
    "ENABLE_OCTAL": False,
    "ALLOW_DUPLICATE": False,
    "STRIP_OUTER_ARRAY": False,
    "STRIP_NULL_VALUES": False,
    "IGNORE_UTF8_ERRORS": False,
    "REPLACE_INVALID_CHARACTERS": False,
    "SKIP_BYTE_ORDER_MARK": True,
}


@dataclass(frozen=True)
class FileFormats:
    """The statements on file formats in one session."""

    duck: DuckDBPyConnection
    names: Names
    access: Access

    def run(self, reader: Reader) -> Answer:
        """Run a statement, from its first word."""
        if reader.take("SHOW FILE FORMATS"):
            return self._show(reader.text() if reader.take("LIKE") else None)
        verb = reader.text().upper()
        reader.expect("FILE FORMAT")
        tolerant = reader.take("IF EXISTS")
        written = reader.name()
        on = self.names.securable("FILE FORMAT", written)
        parts = on.name.split(".")
        if tolerant and not self._there(parts):
            return missing_object(written) if verb == "DROP" else done()
        self.access.require(Need(ANY if verb.startswith("DESC") else OWNERSHIP, on, written))
        if not self._there(parts):
            raise missing("File format", written)
        match verb:
            case "DROP":
                return self._drop(on)
            case "ALTER":
                return self._alter(parts, reader)
        return _described(self._options(parts))

    def _show(self, pattern: str | None) -> Answer:
        rows = self.duck.execute(SHOW).fetchall()
        seen = [
            row
            for row in rows
            if is_like(pattern, row[1])
            and self.access.sees(Securable("FILE FORMAT", f"{row[2]}.{row[3]}.{row[1]}"))
        ]
        return Answer(SHOWN, seen)

    def _drop(self, on: Securable) -> Answer:
        self.duck.execute(f"delete from {FORMATS} {BY_NAME}", on.name.split("."))  # noqa: S608
        self.access.account.forget(on)
        return done(f"{on.name.split('.')[-1]} successfully dropped.")

    def _alter(self, parts: list[str], reader: Reader) -> Answer:
        reader.expect("SET")
        options = json.dumps(self._options(parts) | reader.properties())
        self.duck.execute(f"update {FORMATS} set options = ? {BY_NAME}", [options, *parts])  # noqa: S608
        return done()

    def _options(self, parts: list[str]) -> dict[str, Any]:
        return lookup_file_format(self.duck, ".".join(parts), None, None)

    def _there(self, parts: list[str]) -> bool:
        found = self.duck.execute(f"select 1 from {FORMATS} {BY_NAME}", parts)  # noqa: S608
        return bool(found.fetchall())


def _described(options: dict[str, Any]) -> Answer:
    defaults = JSON_DEFAULTS if str(options.get("TYPE")).upper() == "JSON" else {}
    rows = [
        (name, _type(value), _text(value), _text(defaults.get(name, "")))
        for name, value in (defaults | options).items()
    ]
    return Answer(("property", "property_type", "property_value", "property_default"), rows)


def _type(value: Any) -> str:
    kinds = {bool: "Boolean", int: "Integer", list: "List"}
    return kinds.get(type(value), "String")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(str(one) for one in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value).upper()
