"""The text of a notice, in each of its forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from amplitude_export.failure import FailureRecord
from amplitude_export.notices.message import LATE as LATE_SECTION
from amplitude_export.notices.message import OTHER_ERRORS, Findings
from amplitude_export.notices.run import DailyRun, Task

RUNBOOK = Path(__file__).parents[2] / "docs/runbook.md"
RUN_ID = "scheduled__2026-11-24T00:00:00+00:00"
RUN = DailyRun("amplitude_to_snowflake", RUN_ID, "scheduled", "failed", date(2026, 11, 23))
FAILURE = FailureRecord(
    error="ExportRefused",
    message="Amplitude says <no>. What to do: check the key.",
    runbook="exportrefused",
)
EXPORTS = [Task("stage_window.export", index, "failed") for index in range(5)]
FAILED = Findings(RUN, EXPORTS, FAILURE, loaded=False, base_url="http://airflow.example")
LATE = replace(FAILED, run=replace(RUN, state="running"), tasks=[Task("load", -1, "running")])
SIX = datetime(2026, 11, 24, 6, 0, 3, tzinfo=UTC)
PAGE = "http://airflow.example/dags/amplitude_to_snowflake/runs/"
PAGE += "scheduled__2026-11-24T00%3A00%3A00%2B00%3A00"


def test_a_notice_of_a_failure_has_day_reason_and_links() -> None:
    """Seven lines, each with one fact."""
    assert FAILED.not_loaded().text.splitlines() == [
        "Amplitude 2026-11-23: not loaded",
        f"The run {RUN_ID} failed. AMPLITUDE_RAW holds the day as it was before the run.",
        "Tasks: stage_window.export[0] (failed), stage_window.export[1] (failed),"
        " stage_window.export[2] (failed) and 2 more",
        f"Why: {FAILURE.message}",
        "All days: http://airflow.example/plugin/amplitude/amplitude/?project=default",
        f"Task: {PAGE}/tasks/stage_window.export/mapped/0",
        "Runbook: http://airflow.example/amplitude/runbook#exportrefused",
    ]


def test_a_notice_names_another_project_than_default() -> None:
    """In title, text and link, whatever it is about; templates have the name by itself."""
    run = replace(RUN, dag_id="amplitude_to_snowflake_app")
    failed, late = replace(FAILED, run=run), replace(LATE, run=replace(run, state="running"))
    for notice in (failed.not_loaded(), late.not_complete(SIX), failed.without_events([9])):
        assert notice.subject.startswith("Amplitude app 2026-11-23: ")
        assert notice.lines[0].startswith(f"The run {RUN_ID} of the project app ")
        assert (
            notice.links[0][1] == "http://airflow.example/plugin/amplitude/amplitude/?project=app"
        )
        assert notice.links[1][1].startswith(PAGE.replace("/runs/", "_app/runs/"))
        assert notice.project == "app"
    assert FAILED.not_loaded().project == "default"


def test_a_notice_of_a_failed_second_look_says_so() -> None:
    """The days are loaded, and the reason names the one that failed; it is sent however late."""
    run_id = "scheduled__2026-11-24T06:47:00+00:00"
    run = DailyRun("amplitude_second_look_app", run_id, "scheduled", "failed", started=SIX)
    run = replace(run, ended=SIX + timedelta(days=1))
    assert run.notifies_failure
    assert not replace(run, kind="backfill").notifies_failure
    tasks = [Task("look_again.decide", 1, "failed")]
    notice = Findings(run, tasks, FAILURE, False, "http://airflow.example").not_loaded()
    assert notice.text.splitlines()[:4] == [
        f"Amplitude app {run_id}: second look failed",
        f"The run {run_id} of the project app failed. Unless its load is green, each day is as it "
        "was before the run.",
        "Tasks: look_again.decide[1] (failed)",
        f"Why: {FAILURE.message}",
    ]
    assert "/dags/amplitude_second_look_app/runs/" in notice.links[1][1]
    assert notice.links[1][1].endswith("/tasks/look_again.decide/mapped/1")


def test_a_notice_of_a_missed_deadline_has_the_state_of_the_run() -> None:
    """Without an error, it links the runbook's section about deadlines."""
    assert replace(LATE, failure=None).not_complete(SIX).text.splitlines() == [
        "Amplitude 2026-11-23: not complete by 06:00 UTC",
        f"The run {RUN_ID} is running. AMPLITUDE_RAW holds the day as it was before the run.",
        "Tasks: load (running)",
        "Why: no error so far; the task's log shows what it waits for.",
        "All days: http://airflow.example/plugin/amplitude/amplitude/?project=default",
        f"Task: {PAGE}/tasks/load",
        "Runbook: http://airflow.example/amplitude/runbook#not-complete-by-the-deadline",
    ]


def test_a_notice_of_a_missed_deadline_has_the_last_error() -> None:
    """With its section of the runbook."""
    notice = replace(LATE, tasks=[Task("load", -1, "up_for_retry")]).not_complete(SIX)
    assert f"Why: {FAILURE.message}" in notice.lines
    assert notice.links[-1] == ("Runbook", "http://airflow.example/amplitude/runbook#exportrefused")


def test_the_deadline_is_in_utc() -> None:
    """Whatever zone the time has."""
    moment = SIX.astimezone(timezone(timedelta(hours=-8)))
    assert "by 06:00 UTC" in LATE.not_complete(moment).subject


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (replace(FAILED, loaded=True).not_loaded().subject, "loaded, but the run failed"),
        (
            replace(LATE, loaded=True).not_complete(SIX).subject,
            "loaded, but not complete by 06:00 UTC",
        ),
    ],
)
def test_a_loaded_day_is_not_reported_as_missing(subject: str, expected: str) -> None:
    """Only `clean_up` failed, which is not urgent."""
    assert subject == f"Amplitude 2026-11-23: {expected}"


def test_a_notice_of_a_queued_run_links_the_run() -> None:
    """No task has started."""
    waiting = replace(LATE, run=replace(RUN, state="queued"), tasks=[], failure=None)
    notice = waiting.not_complete(SIX)
    assert notice.lines[-1].startswith("Why: no task has started")
    assert ("Run", PAGE) in notice.links


def test_a_notice_about_a_dead_worker_states_that_no_reason_is_known() -> None:
    """It links the section about other errors."""
    notice = replace(FAILED, failure=None).not_loaded()
    assert "Why: no reason was recorded: see the log; perhaps the worker died." in notice.lines
    assert notice.links[-1] == ("Runbook", "http://airflow.example/amplitude/runbook#other-errors")


@pytest.mark.parametrize("section", [LATE_SECTION, OTHER_ERRORS])
def test_the_runbook_has_the_sections_that_notices_name(section: str) -> None:
    """The anchor is the heading, in small letters and with hyphens."""
    headings = [line for line in RUNBOOK.read_text().splitlines() if line.startswith("#")]
    assert section in [line.lstrip("# ").lower().replace(" ", "-") for line in headings]


def test_a_run_that_failed_after_its_deadline_is_reported_as_failed() -> None:
    """The scheduler can process a deadline late."""
    assert f"The run {RUN_ID} has failed since." in replace(LATE, run=RUN).not_complete(SIX).text


def test_a_run_of_an_unknown_day_is_named_by_its_id() -> None:
    """Airflow does not always pass the run's dates."""
    notice = replace(FAILED, run=replace(RUN, day=None)).not_loaded()
    assert notice.subject == f"Amplitude {RUN_ID}: not loaded"


def test_html_escapes_the_text_of_an_error() -> None:
    """Links are links."""
    html = FAILED.not_loaded().html
    assert "<p>Why: Amplitude says &lt;no&gt;." in html
    assert '<a href="http://airflow.example/plugin/amplitude/amplitude/?project=default">' in html
    assert 'Runbook: <a href="http://airflow.example/amplitude/runbook#exportrefused">' in html
    assert "Amplitude 2026-11-23" not in html


def test_an_error_cannot_mention_users_in_slack() -> None:
    """Slack's three control characters are escaped, quotes are not."""
    shouted = msgspec.structs.replace(FAILURE, message="<!channel> & 'you'")
    notice = replace(FAILED, failure=shouted).not_loaded()
    assert "Why: &lt;!channel&gt; &amp; 'you'" in notice.slack
    assert "Why: <!channel> & 'you'" in notice.text
