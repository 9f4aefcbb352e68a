"""dbt's process: its environment, and the error when it ends without a result."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from amplitude_export.errors import ModelsFailed, RecordInvalid
from amplitude_export.transform.dbt import Dbt
from amplitude_export.transform.profile import Profile
from amplitude_export.volume import atomic_write

SECRET = "made-up and secret"
PROFILE = Profile("{}", {"DBT_ENV_SECRET_PASSWORD": SECRET, "DBT_RAW_SCHEMA": "RAW"})
SUCCESS = {
    "unique_id": "model.amplitude.sessions",
    "relation_name": "amplitude.silver.sessions",
    "status": "success",
    "execution_time": 0.5,
    "message": "",
}
Stub = Callable[..., Dbt]


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    """Return a function that makes a dbt which prints, exits, and reports these results."""

    def make(
        output: str = "", code: int = 0, results: list[dict[str, object]] | None = None
    ) -> Dbt:
        (tmp_path / "output").write_text(output)
        report = tmp_path / "results.json"
        if results is not None:
            report.write_text(json.dumps({"results": results}))
        command = tmp_path / "dbt"
        command.write_text(
            f"#!/bin/sh\nenv > {tmp_path}/environment\ncat {tmp_path}/output\n"
            f'echo "$@" > {tmp_path}/arguments\n'
            'while [ $# -gt 0 ] && [ "$1" != --target-path ]; do shift; done\n'
            f'[ -e {report} ] && cp {report} "$2/run_results.json"\nexit {code}\n'
        )
        command.chmod(0o755)
        return Dbt(PROFILE, str(command))

    return make


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the stub's process."""
    lines = (folder / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW_CONN_AWS_DEFAULT",
        "AIRFLOW__CORE__FERNET_KEY",
        "DBT_ENGINE_RESOURCE_TYPES",
        "DBT_ENV_SECRET_OTHER",
        "DBT_PROFILES_DIR",
        "DBT_RESOURCE_TYPES",
        "DBT_TARGET_PATH",
        "PYTHONHOME",
        "PYTHONPATH",
        "SNOWFLAKE_PASSWORD",
        "VIRTUAL_ENV",
    ],
)
def test_variables_of_others_do_not_reach_dbt(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "another project's")
    stub(results=[SUCCESS]).run("run")
    assert name not in environment(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AZURE_FEDERATED_TOKEN_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "HOME",
        "HTTPS_PROXY",
        "IDENTITY_ENDPOINT",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "REQUESTS_CA_BUNDLE",
        "SF_OCSP_FAIL_OPEN",
        "SNOWFLAKE_DISABLE_PLATFORM_DETECTION",
        "SSL_CERT_FILE",
        "TMPDIR",
        "no_proxy",
    ],
)
def test_what_a_process_needs_reaches_dbt(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"{tmp_path}")
    stub(results=[SUCCESS]).run("run")
    assert environment(tmp_path)[name] == f"{tmp_path}"


def test_dbt_gets_path_and_what_this_project_sets(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if another project sets the same variables."""
    monkeypatch.setenv("DBT_RAW_SCHEMA", "another project's")
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "true")
    stub(results=[SUCCESS]).run("run")
    found = environment(tmp_path)
    assert found["PATH"] == os.environ["PATH"]
    assert found.items() >= PROFILE.environment.items()
    assert found["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


NOTHING = """\
15:16:17  Running with dbt=1.11.16
15:16:18  [WARNING][CustomKeyInConfigDeprecation]: Deprecated functionality
Custom key `+pre_hook` found in `config`.
15:16:20  Nothing to do. Try checking your model configs and model specification args
15:16:20  [WARNING][DeprecationsSummary]: Deprecated functionality
Summary of encountered deprecations:
- CustomKeyInConfigDeprecation: 1 occurrence
"""
DATABASE = """\
15:16:17  Running with dbt=1.11.16
15:16:18  Encountered an error:
Database Error
  250001: Could not connect with made-up and secret
15:16:20  [WARNING][DeprecationsSummary]: Deprecated functionality
Summary of encountered deprecations:
"""
USAGE = """\
Usage: dbt run [OPTIONS]
Try 'dbt run -h' for help.

Error: No such option '--no-such-option'.
"""
SKIPPED = {**SUCCESS, "status": "skipped"}
ENDINGS = {
    "nothing selected": (NOTHING, 0, [], "built nothing: .*Nothing to do. Try checking"),
    "no result at all": (NOTHING, 0, None, "built nothing: .*Nothing to do. Try checking"),
    "all skipped": ("", 0, [SKIPPED], "built nothing: it printed nothing"),
    "no connection": (
        DATABASE,
        2,
        None,
        r"code 2 before it reached a model: Encountered an error: Database Error "
        r"250001: Could not connect with \*\*\*\. What",
    ),
    "usage": (USAGE, 2, None, r"code 2 before .*: .*Error: No such option '--no-such-option'\."),
    "killed without a word": ("", 137, None, "code 137 before .*: it printed nothing"),
    "a model that failed": (
        "",
        1,
        [
            {
                **SUCCESS,
                "status": "error",
                "message": f"Database Error\n  said {SECRET} {'x' * 9999}",
            }
        ],
        r"could not build sessions: Database Error said \*\*\* x{900,1000}\.",
    ),
    "after all models": (DATABASE, 1, [SUCCESS], "code 1 after its last model: Encountered"),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_a_command_that_builds_nothing_fails_with_dbts_words(stub: Stub, case: str) -> None:
    output, code, results, message = ENDINGS[case]
    with pytest.raises(ModelsFailed, match=message) as failed:
        stub(output, code, results).run("run")
    assert "deprecations" not in str(failed.value)


def test_a_long_output_is_cut_in_the_message(stub: Stub) -> None:
    """The log has all of it. A secret is masked before: half of it would pass."""
    lines = [f"line {n} {'x' * 400}" for n in range(1000)] + [f"{SECRET}{'x' * 990}"]
    with pytest.raises(ModelsFailed) as failed:
        stub("\n".join(lines), 1).run("run")
    assert "xxx" in str(failed.value)
    assert "secret" not in str(failed.value)
    assert len(str(failed.value)) < 2_000


def test_documentation_that_fails_shows_dbts_words(stub: Stub, tmp_path: Path) -> None:
    with pytest.raises(ModelsFailed, match=r"exited with code 2.*: Encountered an error"):
        stub(DATABASE, 2).document(tmp_path / "index.html")


def test_documentation_that_was_not_written_fails(stub: Stub, tmp_path: Path) -> None:
    """The volume is not blamed, and the older file stays."""
    (tmp_path / "index.html").write_text("older")
    with pytest.raises(ModelsFailed, match=r"wrote no documentation: .*Nothing to do"):
        stub(NOTHING).document(tmp_path / "index.html")
    assert (tmp_path / "index.html").read_text() == "older"


def remaining(folder: Path) -> Path:
    """Write what an earlier attempt has not built."""
    path = folder / "silver.nodes.json"
    with atomic_write(path) as file:
        file.write(b'["sessions"]')
    return path


@pytest.mark.parametrize("name", ["--empty", "--vars={}", "+sessions,tag:gold", "a\n", ""])
def test_what_remains_is_no_option_of_dbt(stub: Stub, tmp_path: Path, name: str) -> None:
    """With `--empty`, dbt would build tables without rows, and the days would count as done."""
    path = remaining(tmp_path)
    path.write_text(json.dumps(["sessions", name]))
    with pytest.raises(RecordInvalid, match=r"nodes\.json cannot be read"):
        stub(results=[SUCCESS]).build(["tag:silver"], [], path)
    assert not (tmp_path / "arguments").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_another_user_wrote_as_remaining_is_not_believed(stub: Stub, tmp_path: Path) -> None:
    """It could name the model alone that marks the days as done."""
    path = remaining(tmp_path)
    os.chown(path, 65534, 65534)
    stub(results=[SUCCESS]).build(["tag:silver"], [], path)
    assert "build --select tag:silver " in (tmp_path / "arguments").read_text()


def test_what_remains_stays_if_dbt_ends_before_its_first_model(stub: Stub, tmp_path: Path) -> None:
    path = remaining(tmp_path)
    with pytest.raises(ModelsFailed):
        stub(DATABASE, 2).build(["tag:silver"], [], path)
    assert json.loads(path.read_text()) == ["sessions"]
