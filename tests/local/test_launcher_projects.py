"""The launcher's projects: two of the stand-in, or those of your own file and connections."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from local.export_api import PROJECTS
from local.launcher import connections, projects, settings
from local.launcher.settings import CONFIG, ROOT, Settings, SettingsError

LAST = date(2026, 11, 29)
KEYS = "AIRFLOW_CONN_AMPLITUDE_"


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a fresh clone, with a state of its own."""
    monkeypatch.setattr(settings, "LOCAL_CONFIG", tmp_path / "amplitude.yaml")
    monkeypatch.setenv(CONFIG, "include/exported.yaml")
    given = settings.read(dotenv=tmp_path / ".env")
    projects.write_local(given, LAST)
    return given


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Your own keys of `web`, with a file that names `web` and `app`, in a fresh clone."""
    monkeypatch.setattr(projects, "LOCAL_CONFIG", tmp_path / "no such file")
    (tmp_path / "own.yaml").write_text("projects: [{name: web}, {name: app, connection: theirs}]")
    environ = {CONFIG: f"{tmp_path / 'own.yaml'}", f"{KEYS}WEB": "{}"}
    monkeypatch.setenv(CONFIG, "")
    return settings.read(environ, tmp_path / ".env")


def test_the_stand_in_has_two_projects_with_keys_of_their_own(local: Settings) -> None:
    """They are in the launcher's own file, whatever the environment names."""
    found = projects.read(local)
    assert [(p.name, p.conn_id, p.first_day) for p in found] == [
        ("default", "amplitude_default", None),
        ("app", "amplitude_app", date(2026, 11, 27)),
    ]
    given = connections.amplitude("http://127.0.0.1:1")
    assert given.keys() == {f"AIRFLOW_CONN_{p.conn_id.upper()}" for p in found}
    assert all(p.secret_key in given[KEYS + p.name.upper()] for p in PROJECTS)
    projects.require_keys(local, found)


def test_app_keeps_its_first_day(local: Settings) -> None:
    """The file of an earlier start stays."""
    projects.write_local(local, date(2026, 12, 24))
    assert projects.named(local, "app").first_day == date(2026, 11, 27)


def test_an_unknown_project_is_refused_with_those_that_exist(
    local: Settings, own: Settings
) -> None:
    """Also where there is no file, which leaves `default`."""
    with pytest.raises(
        SettingsError, match=r"no project 'web': \S+amplitude.yaml has default, app"
    ):
        projects.named(local, "web")
    with pytest.raises(SettingsError, match=r"no project 'default': \S+own.yaml has web, app"):
        projects.named(own, "default")
    without = Settings({f"{KEYS}DEFAULT": "{}"})
    no_file = "there is no include/amplitude.yaml, which leaves default"
    if not (ROOT / "include/amplitude.yaml").exists():
        with pytest.raises(SettingsError, match=no_file):
            projects.named(without, "app")


def test_your_own_projects_need_their_connections(own: Settings) -> None:
    """Their keys replace the stand-in; the message names the connection, also a renamed one."""
    assert not own.amplitude_is_local
    projects.require_keys(own, [projects.named(own, "web")])
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_THEIRS is not set: the project app"):
        projects.require_keys(own, projects.read(own))


def test_your_own_events_are_not_loaded_beside_the_stand_ins(
    own: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local warehouse has either; your own warehouse has only yours."""
    (tmp_path / "amplitude.yaml").touch()
    monkeypatch.setattr(projects, "LOCAL_CONFIG", tmp_path / "amplitude.yaml")
    web = projects.named(own, "web")
    with pytest.raises(SettingsError, match="remove that folder"):
        projects.require_keys(own, [web])
    projects.require_keys(Settings({**own.env, settings.SNOWFLAKE: "{}"}), [web])


def test_a_bad_file_is_a_message(own: Settings) -> None:
    """It says what to correct."""
    Path(own.env[CONFIG]).write_text("projects: [{name: Web}]")
    with pytest.raises(SettingsError, match="correct the file"):
        projects.read(own)
