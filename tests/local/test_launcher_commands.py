"""The command line refuses in words what it cannot do, and Ctrl-C ends what it began."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.workspace import run_folder

from local import __main__ as command_line
from local.launcher import cli, job, settings, stack
from local.launcher.inventory import RunsOfStack
from local.launcher.options import complete_day
from local.launcher.progress import reason
from local.launcher.settings import DATA_DIR, SettingsError, make_folder
from local.launcher.sql import statements

NOW = datetime(2026, 11, 30, 2, 29, tzinfo=UTC)
Launch = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """The handlers of the tests, after a launcher has set others."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def launch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Launch:
    """Run a command as make does, with its state in a folder of the test; return code and text."""
    monkeypatch.setattr(settings, "LOCAL_CONFIG", tmp_path / "amplitude.yaml")
    monkeypatch.setattr(command_line, "STATE", tmp_path)
    monkeypatch.setattr(stack, "FILE", tmp_path / "stack.json")

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        read = partial(settings.read, environment, tmp_path / ".env")
        monkeypatch.setattr(command_line, "read", read)
        monkeypatch.setattr(sys, "argv", ["local", *arguments])
        return command_line.main(), capsys.readouterr().out

    return run


@pytest.mark.parametrize("command", ["run", "verify"])
@pytest.mark.parametrize(
    ("day", "told"),
    [
        pytest.param("9999-12-31", "is not complete yet: it is 2", id="future"),
        pytest.param("24.09.2026", "'24.09.2026' is not a day. Write it as YYYY-MM-DD", id="form"),
        pytest.param("2026-02-30", "'2026-02-30' is not a day", id="no day of the calendar"),
    ],
)
def test_a_day_that_cannot_be_loaded_is_refused(
    launch: Launch, command: str, day: str, told: str
) -> None:
    """Before anything starts, with a day that can be."""
    code, text = launch(command, "--day", day)
    last = job.last_complete_day(datetime.now(UTC))
    assert code == 1
    assert told in text
    assert text.endswith(f"DAY={last}\n")
    assert len(text.splitlines()) == 1


ACCOUNTS = {
    "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": "{}",
    "AIRFLOW_CONN_AWS_DEFAULT": "{}",
    "AIRFLOW_VAR_AMPLITUDE_BUCKET": "of-mine",
}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from", "24.09.2026"], "'24.09.2026' is not a day. Write it as YYYY-MM-DD, for exam"),
        (["--from", "2026-09-25", "--to", "2026-09-24"], "TO=2026-09-24 is before FROM=2026-09-25"),
        (["--project", "My app"], "'My app' is not the name of a project"),
        (["--clean"], "CLEAN=1 has to know which runs are under way, and Airflow is not running h"),
    ],
    ids=["form", "order", "name", "clean"],
)
def test_an_inventory_that_cannot_be_taken_is_refused(
    launch: Launch, options: list[str], told: str
) -> None:
    """Before it connects. With accounts, runs can be under way in an Airflow elsewhere."""
    code, text = launch("inventory", *options, **ACCOUNTS)
    assert code == 1
    assert text.startswith(told)


class ManyRuns:
    """Airflow's API with a backfill of 250 days under way, which it returns in pages."""

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        return {} if dag_id == "amplitude_to_snowflake" else None

    def runs(self, dag_id: str, *, state: list[str], limit: int, offset: int) -> list[Any]:
        assert (dag_id, state) == ("amplitude_to_snowflake", ["queued", "running"])
        moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(250)]
        return [
            {"dag_run_id": f"run {moment:%F}", "logical_date": None, "run_after": f"{moment}"}
            for moment in moments[offset : offset + limit]
        ]


@pytest.mark.parametrize(
    ("day", "folder", "busy"),
    [
        ("2026-09-05", None, True),
        ("2026-09-07", None, False),
        ("2025-01-01", "run 2026-09-07", True),
        ("2025-01-01", "run 2026-09-08", False),
    ],
    ids=["its day", "another day", "its folder", "another folder"],
)
def test_an_inventory_finds_a_run_under_way_among_many(
    day: str, folder: str | None, busy: bool
) -> None:
    """By its day, or by the name of its folder."""
    runs = RunsOfStack(ManyRuns())
    folders = [run_folder(folder)] if folder else []
    assert runs.are_under_way("default", date.fromisoformat(day), folders) is busy


def test_a_day_is_complete_at_half_past_two_of_the_next_one() -> None:
    """Neither today nor, a minute too early, yesterday; without a day it is the last of them."""
    assert complete_day(None, NOW) == complete_day("2026-11-28", NOW) == date(2026, 11, 28)
    for day in ("2026-11-30", "2026-11-29"):
        with pytest.raises(SettingsError, match=f"^{day} is not complete yet: .* DAY=2026-11-28$"):
            complete_day(day, NOW)
    assert complete_day("2026-11-29", NOW.replace(minute=30)) == date(2026, 11, 29)


@pytest.mark.parametrize("query", ["", " ; ", "-- nothing\n"])
def test_a_query_is_needed(launch: Launch, query: str) -> None:
    """The message has the form of one; no stand-in is started."""
    code, text = launch("sql", "--", query)
    assert (code, text) == (
        1,
        'There is no query. Use: make sql Q="select count(*) from amplitude_raw"\n',
    )


def test_several_statements_are_queried_one_after_the_other() -> None:
    """A semicolon in a text or in a comment ends none."""
    text = "-- one; two\nselect ';' as a; select 2;\n"
    assert [each.strip() for each in statements(text)] == ["select ';' as a;", "select 2;"]


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    """With the reason and the setting that names it, whoever the user is."""
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SettingsError, match=f"{file}/data cannot be created: Not a directory") as e:
        make_folder(file / "data")
    assert DATA_DIR in str(e.value)


def test_airflows_commands_need_a_running_airflow(launch: Launch) -> None:
    """The message names the command that starts it."""
    told = "Airflow is not running here: start it with `make up`.\n"
    assert launch("airflow", "--", "dags list") == (1, told)


@pytest.mark.parametrize("line", ["dags list -o json", "airflow dags list \\\n  -o json\n"])
def test_a_command_of_airflow_is_read_with_and_without_its_name(line: str) -> None:
    """Over several lines too."""
    assert cli.words(line) == ["dags", "list", "-o", "json"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("airflow", "There is no command"),
        ("dags list 'x", "is not a command: No closing quotation"),
        ("dags trigger d --conf '{accept_fewer: true}'", "the shell removes its quotes"),
    ],
)
def test_what_is_not_a_command_is_refused(line: str, told: str) -> None:
    """A JSON value that lost its quotes in the shell would fail in Airflow with a traceback."""
    with pytest.raises(SettingsError, match=told) as e:
        cli.words(line)
    assert "make airflow" in str(e.value)


def test_a_failed_task_is_shown_with_its_section_of_the_runbook_once() -> None:
    """A terminal has no link; errors of others have no section."""
    detail = {"exc_type": "VolumeFull", "exc_value": "It is full."}
    airflow: Any = Log([{"error_detail": [detail]}])
    assert reason(airflow, {}) == "VolumeFull: It is full. (docs/runbook.md#volumefull)"
    detail["exc_type"] = "KeyError"
    assert reason(airflow, {}) == "KeyError: It is full."


class Log:
    """Airflow with this log of every task."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = entries

    def log(self, task: object) -> list[dict[str, Any]]:
        return self.entries


class Interrupted:
    """Airflow, with a user who presses Ctrl-C while a run is awaited, and while it is ended."""

    def __init__(self) -> None:
        self.failed: list[tuple[str, str]] = []

    def run_of_day(self, dag_id: str, day: date) -> None:
        return None

    def trigger(self, dag_id: str, *day: date) -> str:
        return "ours"

    def pause(self, dag_id: str, *, paused: bool) -> None:
        pass

    def run_state(self, dag_id: str, run_id: str) -> str:
        signal.raise_signal(signal.SIGINT)
        return "running"

    def fail(self, dag_id: str, run_id: str) -> None:
        signal.raise_signal(signal.SIGINT)
        self.failed.append((dag_id, run_id))


def test_ctrl_c_ends_the_run_that_was_begun(capsys: pytest.CaptureFixture[str]) -> None:
    """Airflow, which can go on, does not go on with it; a second Ctrl-C changes nothing."""
    airflow: Any = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        job.run_day(airflow, "daily", date(2026, 9, 24))
    assert airflow.failed == [("daily", "ours")]
    assert "ours of daily has been marked failed." in capsys.readouterr().out
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        job.load_networks(airflow)
    assert airflow.failed[1:] == [("amplitude_ip_networks", "ours")]


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_interrupted_command_says_what_goes_on(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, *, goes_on: bool
) -> None:
    """The Airflow of `make up`, or nothing."""
    if goes_on:
        kept = stack.Stack.new(kept=True)
        kept.url, kept.complete = "http://127.0.0.1:1", True
        kept.save()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(job, "last_complete_day", lambda now: signal.raise_signal(signal.SIGINT))
    code, text = launch("sql", "--", "select 1")
    told = "Airflow and its other runs go on at http://127.0.0.1:1 (end them with: make down)."
    assert code == 130
    assert (
        text
        == f"\nInterrupted. {told if goes_on else 'Everything that was started has been ended.'}\n"
    )
