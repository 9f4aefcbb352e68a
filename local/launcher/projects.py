"""The projects of the stack: two that the stand-in serves, or those of your own file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from amplitude_export.errors import BadSetting
from amplitude_export.projects import Project, config_path, read_config

from local.launcher.settings import CONFIG, LOCAL_CONFIG, ROOT, Settings, SettingsError

# Days of `app` that the first `make up` loads.
APP_DAYS = 3
LOCAL_PROJECTS = """\
# yaml-language-server: $schema=../include/amplitude.schema.json
# The projects that the stand-in for Amplitude serves (AMPLITUDE_CONFIG).
projects:
  - name: default
  - name: app
    first_day: {first_day}
"""


def write_local(given: Settings, last: date) -> None:
    """Write the file of the stand-in's projects, unless yours are used or it exists.

    The first days of `app` are the APP_DAYS that end with `last`, inclusive.
    """
    if not given.amplitude_is_local or (path := Path(given.env[CONFIG])).exists():
        return
    first_day = last - timedelta(days=APP_DAYS - 1)
    beside = path.with_suffix(".part")
    beside.write_text(LOCAL_PROJECTS.format(first_day=first_day))
    beside.replace(path)


def read(given: Settings) -> list[Project]:
    """Return all projects; raise SettingsError if their file is not valid."""
    try:
        return read_config(given.env).projects
    except BadSetting as error:
        raise SettingsError(str(error)) from error


def named(given: Settings, name: str) -> Project:
    """Return the project; raise SettingsError, with the names that exist, if there is none."""
    projects = read(given)
    for project in projects:
        if project.name == name:
            return project
    path = config_path(given.env)
    file = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    names = ", ".join(project.name for project in projects)
    where = f"{file} has" if path.exists() else f"there is no {file}, which leaves"
    raise SettingsError(f"There is no project {name!r}: {where} {names}. Use: PROJECT=<name>")


def require_keys(given: Settings, projects: Iterable[Project]) -> None:
    """Raise SettingsError if the keys of a project are missing, or cannot be used here.

    The guard against another project's keys would refuse events beside those of the stand-in.
    """
    if given.amplitude_is_local:
        return
    if given.cloud_is_local and LOCAL_CONFIG.exists():
        raise SettingsError(
            f"{LOCAL_CONFIG.parent} has the stand-in's events, and yours are not loaded beside "
            "them: run `make down`, remove that folder, and try again."
        )
    for project in projects:
        if (key := f"AIRFLOW_CONN_{project.conn_id.upper()}") not in given.env:
            raise SettingsError(
                f"{key} is not set: the project {project.name} needs a connection with its keys, "
                "see .env.example."
            )
