"""Load days from the page: its requests to Airflow, and its messages about the responses."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from airflow.cli.cli_parser import get_parser
from amplitude_export.projects import daily_dag_id
from playwright.sync_api import Page, expect

from local.launcher import cli
from tests.page.answers import detail, failed_task, grid, inventory
from tests.page.site import Site
from tests.unit.page.records import ago

BACKFILLS, DRY_RUN = "api/v2/backfills", "api/v2/backfills/dry_run"


def would_run(site: Site, *ages: int) -> None:
    runs = [{"logical_date": f"{ago(n)}T00:00:00Z"} for n in ages]
    site.answers["POST", DRY_RUN] = (200, {"backfills": runs, "total_entries": len(runs)})


def backfill(first: int, last: int, **changed: Any) -> dict[str, Any]:
    span = {"from_date": f"{ago(first)}T00:00:00Z", "to_date": f"{ago(last)}T00:00:00Z"}
    state = {"is_paused": False, "completed_at": None, "reprocess_behavior": "failed"}
    return {"id": 7, "created_at": f"{ago(0)}T08:59:00Z", **span, **state, **changed}


def request(first: int, last: int, behaviour: str = "failed") -> dict[str, Any]:
    return {
        "dag_id": "amplitude_to_snowflake",
        "from_date": f"{ago(first)}T00:00:00Z",
        "to_date": f"{ago(last)}T00:00:00Z",
        "reprocess_behavior": behaviour,
        "max_active_runs": 2,
    }


def test_no_run_starts_before_the_user_confirms_the_plan(site: Site, tab: Page) -> None:
    """The dry run lists the days and the command; "Back" starts nothing."""
    site.show(grid([1, 2, 5]))
    would_run(site, 4, 3)
    tab.get_by_role("button", name="Load missing (2 days)").click()
    plan = tab.get_by_role("dialog", name="Load missing days")
    expect(plan.get_by_role("listitem")).to_have_count(2)
    expect(plan).to_contain_text(
        f"airflow backfill create --dag-id amplitude_to_snowflake --from-date {ago(4)}T00:00:00Z "
        f"--to-date {ago(3)}T00:00:00Z --reprocess-behavior failed --max-active-runs 2"
    )
    assert site.bodies("POST", DRY_RUN) == [request(4, 3)]
    plan.get_by_role("button", name="Back").click()
    expect(plan).to_be_hidden()
    assert site.bodies("POST", BACKFILLS) == []


def test_confirming_starts_the_listed_days(site: Site, tab: Page) -> None:
    """The same range, and then the page shows the progress."""
    site.show(grid([1, 2, 5]))
    would_run(site, 4, 3)
    tab.get_by_role("button", name="Load missing (2 days)").click()
    site.answers["POST", BACKFILLS] = (200, backfill(4, 3))
    site.answers["GET", BACKFILLS] = (200, {"backfills": [backfill(4, 3)]})
    site.answers["GET", "amplitude/api/days"] = (200, grid([1, 2, 5], queued=[3, 4]))
    tab.get_by_role("button", name="Start 2 runs").click()
    expect(tab.locator("#outcomes")).to_contain_text("0 of 2 days loaded")
    assert site.bodies("POST", BACKFILLS) == [request(4, 3)]


def test_a_day_in_between_that_was_not_selected_is_marked(site: Site, tab: Page) -> None:
    """Airflow runs every day of a range; the plan shows the additional ones."""
    site.show(grid([1, 5], [2, 3, 4]))
    would_run(site, 4, 3, 2)
    for age in (4, 2):
        tab.get_by_role("checkbox", name=f"Select {ago(age)}").check()
    tab.get_by_role("button", name="Load missing of 2 days").click()
    entries = tab.get_by_role("dialog").get_by_role("listitem")
    expect(entries.filter(has_text="also")).to_have_count(1)
    expect(entries.filter(has_text="also")).to_contain_text(f"{ago(3)}")


def test_a_loaded_day_is_run_again_from_its_drawer(site: Site, tab: Page) -> None:
    """The request includes completed runs. The drawer has the newest inventory of the day."""
    days = grid([1, 2])
    site.show(days)
    told = detail(days["days"][2], inventory=inventory())
    site.answers["GET", f"amplitude/api/days/{ago(2)}"] = (200, told)
    would_run(site, 2)
    tab.locator(f'tr[data-day="{ago(2)}"] td.hour').nth(7).click()
    taken = tab.locator("#drawer section", has_text="Inventory")
    expect(taken).to_contain_text("As of 2026-11-30 05:47 UTC.")
    expect(taken.locator("tbody tr")).to_have_text(["bucketloaded241.5 MB"])
    tab.get_by_role("button", name="Re-run this day").click()
    expect(tab.get_by_role("dialog", name="Run days again")).to_contain_text(f"{ago(2)}")
    assert site.bodies("POST", DRY_RUN) == [request(2, 2, "completed")]


ANOTHER = 'let its new id join: airflow … --conf \'{"accept_project_id": "777-a"}\' (or …'


@pytest.mark.parametrize("project", ["default", "app"])
@pytest.mark.parametrize(
    ("section", "reason", "parameter"),
    [
        ("fewerevents", "It failed.", '"accept_fewer": true'),
        ("anotherproject", ANOTHER, '"accept_project_id": "777-a"'),
        ("anotherproject", "The files are of the projects 1, 2.", None),
        ("olderexport", "It failed.", None),
        # By hand: names that each object of JavaScript has.
        ("__proto__", "It failed.", None),
        ("constructor", "It failed.", None),
    ],
    ids=["fewer events", "another project", "two projects", "an older export", "proto", "built-in"],
)
def test_a_load_that_a_person_can_accept_offers_the_command(
    site: Site, tab: Page, project: str, section: str, reason: str, parameter: str | None
) -> None:
    """Only for those errors: no command lets an older export replace a newer one."""
    days = grid([1], [2], project=project)
    told = detail(days["days"][2], reason=reason, tasks=[failed_task(section, reason)])
    site.answers["GET", f"amplitude/api/days/{ago(2)}"] = (200, told)
    site.show(days)
    tab.locator(f'tr[data-day="{ago(2)}"] th').click()
    failure = tab.locator("#drawer .notice.bad")
    expect(failure).to_contain_text(f"Why it failed: {reason}")
    span = f"--from-date {ago(2)}T00:00:00Z --to-date {ago(2)}T00:00:00Z"
    accepting = (
        f"airflow backfill create --dag-id {daily_dag_id(project)} {span} --reprocess-behavior "
        f"completed --max-active-runs 2 --dag-run-conf '{{{parameter}}}'"
    )
    expect(failure.locator("code")).to_have_text([accepting] if parameter else [])
    if parameter:
        get_parser().parse_args(cli.pasted(StringIO(accepting)))


def test_a_backfill_is_paused_resumed_and_cancelled(site: Site, tab: Page) -> None:
    """Another user's backfill as well; cancelling needs a confirmation."""
    site.show(grid([1, 2, 5], queued=[3, 4]), backfill(4, 3))
    for act in ("pause", "unpause", "cancel"):
        site.answers["PUT", f"{BACKFILLS}/7/{act}"] = (200, backfill(4, 3))
    site.answers["GET", BACKFILLS] = (200, {"backfills": [backfill(4, 3, is_paused=True)]})
    bar = tab.locator("#outcomes")
    bar.get_by_role("button", name="Pause").click()
    expect(bar).to_contain_text("Paused: no new run starts")
    site.answers["GET", BACKFILLS] = (200, {"backfills": [backfill(4, 3)]})
    bar.get_by_role("button", name="Resume").click()
    bar.get_by_role("button", name="Cancel…").click()
    expect(bar).to_contain_text("Runs in the queue are marked failed")
    assert site.bodies("PUT", f"{BACKFILLS}/7/cancel") == []
    site.answers["GET", BACKFILLS] = (200, {"backfills": []})
    bar.get_by_role("button", name="Cancel the backfill").click()
    expect(bar).to_contain_text("is cancelled")
    assert len(site.bodies("PUT", f"{BACKFILLS}/7/cancel")) == 1


REFUSALS: dict[str, tuple[int, Any, str]] = {
    "another backfill": (409, "There is already a running backfill", "one"),
    "no login": (401, "Not authenticated", "Log in again"),
    "no right to start": (403, "Forbidden", "view runs, but not start"),
    "SQLite is busy": (503, "Database is locked.", "locked"),
    "Airflow is broken": (500, "Internal Server Error", "log of the api-server"),
}


@pytest.mark.parametrize(("status", "detail", "shown"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_is_shown_with_advice(
    site: Site, tab: Page, status: int, detail: str, shown: str
) -> None:
    """In the dialog that the user confirmed; no run was started."""
    site.show(grid([1, 2, 5]))
    would_run(site, 4, 3)
    site.answers["POST", BACKFILLS] = (status, {"detail": detail})
    tab.get_by_role("button", name="Load missing (2 days)").click()
    tab.get_by_role("button", name="Start 2 runs").click()
    expect(tab.get_by_role("dialog")).to_contain_text(shown)


def test_an_empty_plan_is_explained(site: Site, tab: Page) -> None:
    """Airflow returns an empty list, and there is no button to start."""
    site.show(grid([1, 2, 5]))
    would_run(site)
    tab.get_by_role("button", name="Load missing (2 days)").click()
    expect(tab.get_by_role("dialog")).to_contain_text("Nothing to run.")
    expect(tab.get_by_role("button", name="Start")).to_have_count(0)


def test_a_run_that_never_starts_is_marked_failed_in_the_plan(site: Site, tab: Page) -> None:
    """Its backfill was cancelled, so that Airflow's plan has its day only after that."""
    days = grid([1, 2, 5], stuck=[3])
    site.show(days)
    site.answers["GET", f"amplitude/api/days/{ago(3)}"] = (200, detail(days["days"][3]))
    would_run(site)
    tab.locator(f'tr[data-day="{ago(3)}"] td.hour').nth(7).click()
    tab.get_by_role("button", name="Load this day").click()
    plan = tab.get_by_role("dialog", name="Load missing days")
    expect(plan).to_contain_text("queued for a backfill that was cancelled")
    expect(plan.get_by_role("button", name="Start")).to_have_count(0)
    run = f"api/v2/dags/amplitude_to_snowflake/dagRuns/run%20of%20{ago(3)}"
    site.answers["PATCH", run] = (200, {})
    would_run(site, 3)
    plan.get_by_role("button", name="Mark 1 run failed").click()
    expect(plan.get_by_role("button", name="Start 1 run")).to_be_enabled()
    expect(plan).not_to_contain_text("cancelled")
    assert site.bodies("PATCH", run) == [{"state": "failed"}]


def test_a_viewer_sees_why_the_buttons_are_disabled(site: Site, tab: Page) -> None:
    """The buttons are visible, with the reason below."""
    site.show(grid([1, 2, 5], may=False))
    expect(tab.get_by_role("button", name="Load missing (2 days)")).to_be_disabled()
    expect(tab.locator("#toolbar")).to_contain_text("Your role can view runs, but not start them.")


def test_a_paused_dag_can_be_unpaused_from_the_page(site: Site, tab: Page) -> None:
    """A message explains that no run starts before that."""
    site.show(grid([1, 2], paused=True))
    site.answers["PATCH", "api/v2/dags/amplitude_to_snowflake"] = (200, {})
    site.answers["GET", "amplitude/api/days"] = (200, grid([1, 2]))
    tab.get_by_role("button", name="Unpause").click()
    expect(tab.get_by_role("button", name="Unpause")).to_have_count(0)
    assert site.bodies("PATCH", "api/v2/dags/amplitude_to_snowflake") == [{"is_paused": False}]
