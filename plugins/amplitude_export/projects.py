"""The deployment's own file: its projects, and the ids that are made of their names.

`include/amplitude.yaml`, or the path in the environment variable AMPLITUDE_CONFIG. Only files that
make a DAG for each project read it while DAG files are parsed. `python -m
amplitude_export.projects` checks it before a deployment; `include/amplitude.schema.json` is made of
the classes below.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from amplitude_export.errors import BadSetting
from amplitude_export.include import INCLUDE
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.settings import DAILY, HOURLY, SECOND_LOOK

PATH_VARIABLE = "AMPLITUDE_CONFIG"
# The tags of a daily DAG, by which the page finds it; the name of the project follows the last one.
DAILY_TAGS, PROJECT_TAG = ("amplitude", "snowflake"), "project:"
_NAME = r"[a-z0-9_]{1,40}"
# A day of this age is older than any that Amplitude changes, and still in the calendar.
_MAX_AGE = 3650
_CHECK = "correct the file; `python -m amplitude_export.projects` checks it (docs/settings.md)."


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One project at Amplitude, which has keys of its own."""

    name: Annotated[
        str,
        msgspec.Meta(
            pattern=f"^{_NAME}$",
            description="The name in tables, DAG ids and folders. `default` has the names of a "
            "deployment without this file.",
        ),
    ]
    connection: Annotated[
        str | None,
        msgspec.Meta(description="Airflow's connection to its keys. Default: amplitude_<name>."),
    ] = None
    first_day: Annotated[
        date | None,
        msgspec.Meta(description="The first UTC day that should be loaded."),
    ] = None
    window_hours: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=24)] | None,
        msgspec.Meta(description="Hours of one export; wins over amplitude_window_hours."),
    ] = None

    @property
    def conn_id(self) -> str:
        """The id of the connection."""
        return self.connection or f"amplitude_{self.name}"

    @property
    def dag_id(self) -> str:
        """The id of the daily DAG."""
        return daily_dag_id(self.name)

    @property
    def second_look_dag_id(self) -> str:
        """The id of the DAG that exports days a second time."""
        return second_look_dag_id(self.name)

    @property
    def hourly_dag_id(self) -> str:
        """The id of the hourly DAG."""
        return hourly_dag_id(self.name)

    @property
    def tags(self) -> list[str]:
        """The tags of the daily DAG."""
        return [*DAILY_TAGS, f"{PROJECT_TAG}{self.name}"]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The projects and modes of a deployment of Amplitude to Snowflake."""

    projects: Annotated[
        list[Project], msgspec.Meta(min_length=1, description="The projects that are loaded.")
    ]
    second_look_days: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=1, le=_MAX_AGE)], ...],
        msgspec.Meta(
            description="The ages, in days, at which a loaded day is exported again and compared. "
            "An empty list: never."
        ),
    ] = (3,)

    def __post_init__(self) -> None:
        """Raise ValueError for a name or connection that two projects have, and an age twice."""
        for project in self.projects:
            # `$` in a pattern of Python also matches before a line end.
            if not is_name(project.name):
                raise ValueError(f"the name {project.name!r} ends with a line end")
        for what, values in (
            ("name", [project.name for project in self.projects]),
            ("connection", [project.conn_id for project in self.projects]),
        ):
            if twice := [value for value, times in Counter(values).items() if times > 1]:
                raise ValueError(f"several projects have the {what} {twice[0]}")
        if len({*self.second_look_days}) < len(self.second_look_days):
            raise ValueError("second_look_days has a number twice")


class _UniqueKeys(yaml.SafeLoader):
    """A loader that refuses a key twice: of two lists of projects, the first would be gone."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, times in keys.items() if times > 1]:
            raise yaml.constructor.ConstructorError(
                problem=f"found the key {twice[0]} twice", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep)


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file, which does not have to exist.

    A relative one in AMPLITUDE_CONFIG begins at the folder of `include/`, on every machine.
    """
    return INCLUDE.parent / (environment.get(PATH_VARIABLE) or INCLUDE / "amplitude.yaml")


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """Return the deployment's configuration; without the file it is the one project `default`.

    Raises BadSetting for a file that cannot be read, and if AMPLITUDE_CONFIG names none.
    """
    path = config_path(environment)
    if not path.exists() and not environment.get(PATH_VARIABLE):
        return Config([Project(DEFAULT_PROJECT)])
    try:
        return msgspec.convert(yaml.load(path.read_bytes(), _UniqueKeys), Config)  # noqa: S506
    except OSError as error:
        raise BadSetting(
            f"{path} cannot be read: {error.strerror}.",
            f"put the file there, or correct the environment variable {PATH_VARIABLE}.",
        ) from error
    # PyYAML raises errors of any class for a value that its tag does not fit: `!!int ""`.
    except Exception as error:
        raise BadSetting(f"{path}: {' '.join(str(error).split())}.", _CHECK) from error


def config_checksum() -> str:
    """Return the SHA-256 of the file, "none" without one, and "unreadable" if it is that."""
    try:
        return hashlib.sha256(config_path().read_bytes()).hexdigest()
    except FileNotFoundError:
        return "none"
    except OSError:
        return "unreadable"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(Config),
    }


def daily_dag_id(project: str) -> str:
    """Return the id of the project's daily DAG.

    >>> daily_dag_id("default"), daily_dag_id("app")
    ('amplitude_to_snowflake', 'amplitude_to_snowflake_app')
    """
    return _dag_id(DAILY, project)


def second_look_dag_id(project: str) -> str:
    """Return the id of the DAG that exports the project's days a second time.

    >>> second_look_dag_id("default"), second_look_dag_id("app")
    ('amplitude_second_look', 'amplitude_second_look_app')
    """
    return _dag_id(SECOND_LOOK, project)


def _dag_id(kind: str, project: str) -> str:
    return kind if project == DEFAULT_PROJECT else f"{kind}_{project}"


def writing_dag_ids(project: str) -> list[str]:
    """Return the ids of the DAGs whose runs have folders of the project on the volume."""
    return [daily_dag_id(project), second_look_dag_id(project)]


def hourly_dag_id(project: str) -> str:
    """Return the id of the project's hourly DAG.

    >>> hourly_dag_id("default"), hourly_dag_id("app")
    ('amplitude_hourly', 'amplitude_hourly_app')
    """
    return _dag_id(HOURLY, project)


def is_name(text: str) -> bool:
    """Return True for a name that a project of the file can have."""
    return re.fullmatch(_NAME, text) is not None


def project_of(dag_id: str) -> str:
    """Return the name of the project that the DAG loads.

    >>> project_of("amplitude_to_snowflake"), project_of("amplitude_second_look_app")
    ('default', 'app')
    """
    name = dag_id.removeprefix(DAILY).removeprefix(SECOND_LOOK)
    return name.removeprefix("_") or DEFAULT_PROJECT


def is_second_look(dag_id: str) -> bool:
    """Return True for the id of a DAG that exports days a second time."""
    return dag_id == second_look_dag_id(project_of(dag_id))


def _lines() -> Iterator[str]:
    for project in read_config().projects:
        yield f"{project.name}: DAG {project.dag_id}, connection {project.conn_id}"


def main() -> int:
    """Print the projects, or what to correct; return the exit code."""
    try:
        print("\n".join(_lines()))
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
