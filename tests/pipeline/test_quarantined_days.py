"""A day with bad lines fails by default, and loads without them on request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.verify.verify import verify_day

from local.export_api import ExportApi
from tests.archives import events, gz, name, zipped
from tests.pipeline.stand_ins import BUCKET, Table

DAY = date(2026, 8, 3)
BAD = b'{"cut": \n[1]\n'

Run = Callable[..., Any]


@pytest.fixture
def run_day(
    dags: dict[str, Any], tables: Any, s3: Any, api: ExportApi, volume: Path, tmp_path: Path
) -> Run:
    """Return a function that runs a day with two bad lines among five events in two hours."""
    members = {
        name(2, day=f"{DAY}"): gz(events(2) + BAD + events(1, 2)),
        name(5, day=f"{DAY}"): gz(events(2, 10)),
    }
    body = zipped(tmp_path / "a.zip", members).read_bytes()
    api.fail("status", status=200, body=body, content_type="application/zip", times=None)
    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)

    def run(at: timedelta = timedelta(), **conf: Any) -> Any:
        return dags["amplitude_to_snowflake"].test(logical_date=midnight + at, run_conf=conf)

    return run


def test_a_bad_line_fails_the_day_by_default(
    run_day: Run,
    table: Table,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is loaded; the log names file, line, excerpt and advice, and the runbook once."""
    before = table.uuids(DAY)
    assert run_day().state == "failed"
    assert table.uuids(DAY) == before
    log = "".join(capfd.readouterr())
    assert f"123456_{DAY}_02_0.json, line 3, is not one JSON object" in log
    assert "the parameter quarantine" in log
    assert "<day>T00:01:00Z" in log
    assert caplog.text.count("runbook") == caplog.text.count("runbook#invalidevent") == 1
    # Airflow can copy the same record there.
    assert log.count("runbook") == log.count("runbook#invalidevent")


@pytest.mark.parametrize("landing_format", ["json", "json.gz"])
def test_bad_lines_are_quarantined_on_request_and_the_day_is_loaded(
    run_day: Run, table: Table, s3: Any, monkeypatch: pytest.MonkeyPatch, landing_format: str
) -> None:
    """Table, ledger, asset event and bucket agree on the number of both."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_LANDING_FORMAT", landing_format)
    run = run_day(quarantine=True)
    assert run.state == "success"
    assert table.uuids(DAY) == {2: ["u0", "u1", "u2"], 5: ["u10", "u11"]}
    empty = dict.fromkeys(range(24), ("empty", 0, 0))
    assert table.ledger(DAY) == empty | {2: ("incomplete", 1, 3), 5: ("loaded", 1, 2)}
    assert table.rows(
        "select export_hour, quarantined from amplitude_loads where quarantined > 0"
        " and export_day = %s",
        f"{DAY}",
    ) == [(datetime(2026, 8, 3, 2), 2)]
    key = f"python-import/quarantine/{DAY}/123456_{DAY}_02_0.txt"
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == BAD
    with create_session() as session:
        query = select(AssetEvent.extra).where(AssetEvent.source_run_id == run.run_id)
        (extra,) = session.scalars(query).all()
    assert (extra["events"], extra["quarantined"]) == (5, 2)
    assert [hour["quarantined"] for hour in extra["hours"]][:6] == [0, 0, 2, 0, 0, 0]


@pytest.mark.parametrize("minute", [1, 59])
def test_a_second_run_of_the_day_has_a_time_of_its_own(
    run_day: Run, table: Table, minute: int
) -> None:
    """As the message advises: beside the run at midnight, a run by hand until 00:59 UTC."""
    assert run_day(quarantine=False).state == "failed"
    assert run_day(at=timedelta(minutes=minute), quarantine=True).state == "success"
    assert table.uuids(DAY) == {2: ["u0", "u1", "u2"], 5: ["u10", "u11"]}


def test_lines_that_snowflake_refuses_are_quarantined_when_the_day_runs_again(
    run_day: Run,
    api: ExportApi,
    table: Table,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The first run finds them, and says what to clear; here the next run of the day does it."""
    text = events(2) + rb'{"uuid": "\ud83d"}' + b"\n"
    body = zipped(tmp_path / "b.zip", {name(2, day=f"{DAY}"): gz(text)}).read_bytes()
    api.recover()
    api.fail("status", status=200, body=body, content_type="application/zip", times=None)
    # Another test may have loaded the day with two hours.
    conf = {"quarantine": True, "accept_fewer": True}
    before = table.uuids(DAY)
    assert run_day(at=timedelta(minutes=2), **conf).state == "failed"
    assert table.uuids(DAY) == before
    log = "".join(capfd.readouterr())
    assert f"Snowflake refuses 1 line as JSON: 123456_{DAY}_02_0.json, line 3." in log
    assert "clear stage_window.decompress of the windows that have 02:00" in log
    assert run_day(at=timedelta(minutes=3), **conf).state == "success"
    assert table.uuids(DAY) == {2: ["u0", "u1"]}
    assert table.ledger(DAY)[2] == ("incomplete", 1, 2)


def test_verify_notes_the_number_of_quarantined_lines(
    run_day: Run, tables: Any, volume: Path
) -> None:
    """Quarantined lines are a note, not a problem."""
    import snowflake.connector

    run_day(quarantine=True)
    verdict = verify_day(lambda: snowflake.connector.connect(**tables.connection()), volume, DAY)
    assert verdict.problems == []
    assert verdict.compared
    assert "02:00: 2 bad lines were quarantined, not loaded" in verdict.notes
