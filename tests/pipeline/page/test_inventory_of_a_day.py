"""The DAG amplitude_inventory by Airflow's own records, and what the page shows of its event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from amplitude_export.page.app import app
from amplitude_export.page.choice import utc_now
from amplitude_export.window import midnight
from fastapi.testclient import TestClient

from local.export_api import ExportApi
from tests.days import Day
from tests.notices import steps
from tests.pipeline.page.days import forget_everything
from tests.pipeline.stand_ins import BUCKET

DAY = date(2026, 9, 20)
NOW = datetime(2026, 9, 27, 9, tzinfo=UTC)
RUNS = "/api/v2/dags/amplitude_to_snowflake/dagRuns"
PAGE = f"/amplitude/api/days/{DAY}"
Take = Callable[..., dict[str, int]]


@pytest.fixture
def admin(browser: Callable[[str | None], TestClient]) -> Iterator[TestClient]:
    """A browser of an administrator; Airflow has the DAGs and no run."""
    steps.write_dags()
    forget_everything()
    app.dependency_overrides[utc_now] = lambda: NOW
    yield browser("admin")
    app.dependency_overrides.clear()
    forget_everything()


@pytest.fixture
def take(admin: TestClient, dags: dict[str, Any]) -> Take:
    """Return a function that runs the DAG, and returns the files that the page then shows."""
    times = (NOW + timedelta(minutes=number) for number in range(60))

    def take(**conf: Any) -> dict[str, int]:
        # Airflow's test of a DAG keeps the parameters of the one before.
        params = {"clean": False, "from": None, "to": None, "project": None, **conf}
        done = dags["amplitude_inventory"].test(logical_date=next(times), run_conf=params)
        assert done.state == "success"
        shown = admin.get(PAGE).json()["inventory"]
        return {each["kind"]: each["count"] for each in shown["kinds"] if each["place"] == "volume"}

    return take


@pytest.fixture
def left(s3: Any, tables: Any, api: ExportApi, volume: Path, tmp_path: Path) -> Path:
    """The folder of a run that failed before its upload; another one has loaded the day."""
    for run_id in ("scheduled__loaded", "manual__failed"):
        xcoms = tmp_path / run_id
        xcoms.mkdir()
        run = Day(xcoms, volume, DAY, run_id, BUCKET, window_hours=24)
        run.do("export")
        run.do("decompress")
        if run_id == "scheduled__loaded":
            for task in ("upload", "load", "clean_up"):
                run.do(task)
    (folder,) = (volume / f"{DAY}/00-23").glob("manual*")
    return folder


@contextmanager
def under_way(admin: TestClient, run_id: str, moment: datetime | None) -> Iterator[None]:
    """Let Airflow have a queued run of the daily DAG for the block."""
    body = {"dag_run_id": run_id, "logical_date": moment and moment.isoformat()}
    created = admin.post(RUNS, json=body)
    assert created.is_success, created.text
    yield
    assert admin.delete(f"{RUNS}/{quote(run_id)}").is_success


def test_a_run_cleans_unless_a_run_of_the_day_is_under_way(
    left: Path, take: Take, admin: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even the failed run's JSON, which the table has, goes meanwhile; nor any object ever."""
    assert admin.get(PAGE).json()["inventory"] is None
    files = len([*(left / "json").iterdir()])
    for run_id, moment in (("another", midnight(DAY)), ("manual__failed", None)):
        with under_way(admin, run_id, moment):
            found = take(clean=True)
        assert found["loaded"] == files, "the bucket has the same, of the run that was loaded"
        assert "a run of its day is under way" in caplog.text
        assert [path.name for path in left.iterdir()].count("loaded") == 0
        caplog.clear()
    with under_way(admin, "of_another_day", midnight(DAY + timedelta(days=1))):
        found = take(clean=True, **{"from": f"{DAY}", "to": f"{DAY}", "project": "default"})
    assert "loaded" not in found
    assert found["archive"] == 2
    assert f"Removed from the volume: {files} files" in caplog.text
    assert "archives stay for 7 days (amplitude_archive_days)" in caplog.text
    assert f"All objects and files of {DAY}:" in caplog.text


def test_the_page_shows_the_newest_inventory_that_covers_the_day(
    left: Path, take: Take, admin: TestClient, browser: Callable[[str | None], TestClient]
) -> None:
    """One of other days or of another project hides nothing; a viewer sees it too."""
    before = take()
    shown = admin.get(PAGE).json()["inventory"]
    bucket = {kind["kind"]: kind["count"] for kind in shown["kinds"] if kind["place"] == "bucket"}
    assert bucket == {"loaded": before["loaded"], "manifest": 1}
    assert take(project="app") == before
    assert take(**{"to": f"{DAY - timedelta(days=1)}"}) == before
    assert browser("viewer").get(PAGE).json()["inventory"] == shown
    (left / "json" / "strange.json").write_bytes(b"{}\n")
    assert take(**{"from": f"{DAY}"}) == before | {"failed to upload": 1}
