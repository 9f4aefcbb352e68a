"""The deployment's own file says which projects there are, or what to correct."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from amplitude_export import projects
from amplitude_export.errors import BadSetting
from amplitude_export.projects import Project, config_checksum, json_schema, read_config

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "include" / "amplitude.yaml.example"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path that AMPLITUDE_CONFIG names; nothing is there."""
    path = tmp_path / "own.yaml"
    monkeypatch.setenv("AMPLITUDE_CONFIG", str(path))
    return path


def test_without_the_file_there_is_one_project_with_the_usual_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has to be written after an upgrade."""
    monkeypatch.delenv("AMPLITUDE_CONFIG", raising=False)
    monkeypatch.setattr(projects, "INCLUDE", tmp_path)
    (project,) = read_config().projects
    assert (project.name, project.dag_id) == ("default", "amplitude_to_snowflake")
    assert project.conn_id == "amplitude_default"
    assert (project.first_day, project.window_hours, config_checksum()) == (None, None, "none")
    assert project.second_look_dag_id == "amplitude_second_look"
    assert read_config().second_look_days == (3,)
    (tmp_path / "amplitude.yaml").write_text("projects: [{name: app}]")
    assert read_config().projects == [Project("app")]


def test_a_relative_path_begins_beside_include(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a process of Airflow runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMPLITUDE_CONFIG", "include/amplitude.yaml.example")
    assert projects.config_path() == EXAMPLE


def test_the_example_has_three_projects(file: Path) -> None:
    """Names are made of the project's, unless the file has them."""
    file.write_text(EXAMPLE.read_text())
    assert [(p.name, p.dag_id, p.conn_id) for p in read_config().projects] == [
        ("default", "amplitude_to_snowflake", "amplitude_default"),
        ("app", "amplitude_to_snowflake_app", "amplitude_app"),
        ("web_eu", "amplitude_to_snowflake_web_eu", "amplitude_europe"),
    ]
    default, _, web = read_config().projects
    assert (default.first_day, web.window_hours) == (date(2026, 1, 1), 6)
    assert web.second_look_dag_id == "amplitude_second_look_web_eu"
    assert read_config().second_look_days == (3, 30)


def test_a_second_look_can_be_switched_off(file: Path) -> None:
    """An empty list is not the default one."""
    file.write_text("projects: [{name: app}]\nsecond_look_days: []")
    assert read_config().second_look_days == ()


# The file, and words of the message; whether the JSON Schema refuses it, too.
BAD: dict[str, tuple[str, str, bool]] = {
    "empty": ("", "Expected `object`, got `null`", True),
    "no YAML": ("projects: [", "expected the node content", True),
    "not UTF-8": ("projects: \udcff", "unacceptable character|invalid", True),
    "no project": ("projects: []", "length >= 1", True),
    "an unknown key": ("projects: [{name: a}]\nstages: 1", "unknown field `stages`", True),
    "a misspelt key": ("projects: [{name: a, windows: 2}]", "unknown field `windows`", True),
    "a key twice": (
        "projects: [{name: a}]\nprojects: [{name: b}]",
        "the key projects twice",
        True,
    ),
    "no name": ("projects: [{connection: a}]", "missing required field `name`", True),
    "a name with a hyphen": (
        "projects: [{name: web-eu}]",
        r"regex .* at `\$\.projects\[0\]\.name`",
        True,
    ),
    "capitals": ("projects: [{name: Web}]", "regex", True),
    "a name that is too long": (f"projects: [{{name: {'a' * 41}}}]", "regex", True),
    "a number as a name": ("projects: [{name: 7}]", "Expected `str`, got `int`", True),
    "a name with a line end": ('projects: [{name: "a\\n"}]', "line end", True),
    "a name twice": ("projects: [{name: a}, {name: a}]", "the name a", False),
    "a connection twice": (
        "projects: [{name: a}, {name: b, connection: amplitude_a}]",
        "the connection amplitude_a",
        False,
    ),
    "a day that does not exist": ("projects: [{name: a, first_day: 2026-02-30}]", "day|date", True),
    "a time as a day": (
        "projects: [{name: a, first_day: 2026-02-01 05:00:00}]",
        "got `datetime`",
        True,
    ),
    "a list as a key": ("? [a]\n: b", "unhashable", True),
    "windows of 25 hours": ("projects: [{name: a, window_hours: 25}]", "<= 24", True),
    "windows of half an hour": ("projects: [{name: a, window_hours: 0.5}]", "Expected", True),
    "a second look at today": ("projects: [{name: a}]\nsecond_look_days: [0]", ">= 1", True),
    "a second look beyond the calendar": (
        "projects: [{name: a}]\nsecond_look_days: [999999]",
        "<= 3650",
        True,
    ),
    "a second look after hours": (
        "projects: [{name: a}]\nsecond_look_days: [1.5]",
        "Expected `int`",
        True,
    ),
    "a second look without a list": (
        "projects: [{name: a}]\nsecond_look_days: 3",
        "Expected `array`",
        True,
    ),
    "a second look twice": (
        "projects: [{name: a}]\nsecond_look_days: [3, 3]",
        "a number twice",
        False,
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_says_what_to_correct(
    file: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    """The message has the path of the file, the place in it, and the command that checks it."""
    text, words, _ = BAD[case]
    file.write_text(text, errors="surrogateescape")
    with pytest.raises(BadSetting, match=words) as raised:
        read_config()
    assert str(file) in raised.value.what
    assert "python -m amplitude_export.projects" in raised.value.do
    assert projects.main() == 1
    assert str(file) in capsys.readouterr().err


@pytest.mark.parametrize("value", ["!!map [a]", '!!int ""', "!!bool x", "!!timestamp x"])
def test_a_value_that_its_tag_does_not_fit_says_so(file: Path, value: str) -> None:
    """PyYAML has no error of its own for them."""
    file.write_text(f"projects: {value}")
    with pytest.raises(BadSetting, match=f"{file}: .+ What to do: correct the file"):
        read_config()


def test_a_path_that_names_no_file_is_an_error(file: Path) -> None:
    """A deployment that meant to have projects does not fall back to the default one."""
    with pytest.raises(BadSetting, match="No such file"):
        read_config()
    file.mkdir()
    with pytest.raises(BadSetting, match="directory"):
        read_config()
    assert config_checksum() == "unreadable"


def test_the_json_schema_refuses_what_it_can(tmp_path: Path) -> None:
    """It is the committed file; only what a schema cannot tell is left to the code."""
    schema = ROOT / "include" / "amplitude.schema.json"
    assert json.loads(schema.read_text()) == json.loads(json.dumps(json_schema()))
    files = {case: tmp_path / f"{number}.yaml" for number, case in enumerate(BAD)}
    for case, file in files.items():
        file.write_text(BAD[case][0], errors="surrogateescape")
    (good := tmp_path / "good.yaml").write_text(EXAMPLE.read_text())
    options = ["--default-filetype", "yaml", "--output-format", "json", "--schemafile", schema]
    command = [Path(sys.executable).with_name("check-jsonschema"), *options, good, *files.values()]
    found = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    refused = {each["filename"] for each in [*found["errors"], *found["parse_errors"]]}
    assert refused == {f"{files[case]}" for case, (_, _, by_schema) in BAD.items() if by_schema}
