"""Several projects in the browser: all at a glance, the selector, commands for the right DAG."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.page.answers import detail, grid, overview, row
from tests.page.site import PAGE, Site
from tests.page.test_looks import LOW_CONTRAST
from tests.unit.page.records import ago

DAYS = "amplitude/api/days"
PROBLEM = "/x/amplitude.yaml: what is wrong. What to do: correct the file."


def projects(problem: str | None = None) -> Any:
    """All projects at a glance: one is whole, one lacks three days, one was removed."""
    return overview(
        row("default", range(1, 30)),
        row("app", range(4, 30), [1, 2]),
        row("gone", range(12, 30), removed=True),
        problem=problem,
    )


def asked(site: Site) -> list[dict[str, list[str]]]:
    """Return the queries of the requests for days."""
    return [parse_qs(query) for path, query in site.queries if path == DAYS]


def test_all_projects_are_shown_at_a_glance(site: Site, tab: Page) -> None:
    """The one that lacks days is first, the removed one last; none has a backfill."""
    site.show(projects())
    rows = tab.locator("tr[data-project]")
    expect(rows.locator("a")).to_have_text(["app", "default", "gone"])
    expect(rows.nth(0)).to_contain_text(f"26 of 29120{ago(4)}")
    expect(rows.nth(2)).to_contain_text("removed")
    expect(rows.nth(2)).to_contain_text("18 of 18000")
    expect(tab.locator("#freshness")).to_have_text(
        "1 of 2 projects lacks events in the last 30 days."
    )
    cells = rows.nth(0).locator(".cell")
    expect(cells).to_have_count(30)
    expect(cells.nth(28)).to_have_attribute("aria-label", f"{ago(1)}: failed")
    expect(tab.locator("#content")).to_be_hidden()
    expect(tab.get_by_role("button", name="Show 90 days")).to_be_hidden()
    assert asked(site) == [{"days": ["30"]}]
    assert {path for _, path, _ in site.asked} == {DAYS}


@pytest.mark.parametrize(
    ("loaded", "mark", "told"),
    [
        (range(1, 30), "good", "Complete: 2 projects in the last 30 days."),
        ([], "warn", "No gap on record: 2 projects in the last 30 days."),
    ],
)
def test_projects_without_a_gap_are_not_called_complete_without_a_record(
    site: Site, tab: Page, loaded: Any, mark: str, told: str
) -> None:
    """As before the first run; a removed project does not count."""
    rows = [row(name, loaded, oldest=None) for name in ("default", "app")]
    site.show(overview(*rows, row("gone", [5, 7], removed=True)))
    expect(tab.locator("#freshness")).to_have_text(told)
    expect(tab.locator("#freshness")).to_have_class(mark)


def test_a_project_is_opened_and_another_one_selected_by_keys(site: Site, tab: Page) -> None:
    """The address has the project, and so have the requests; one way leads back."""
    site.show(projects())
    tab.locator("tr[data-project=app] a").focus()
    site.answers["GET", DAYS] = (200, grid([1, 2], project="app", others=["default", "gone"]))
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{PAGE}?project=app")
    select = tab.get_by_label("Project", exact=True)
    expect(select).to_have_value("app")
    expect(tab.get_by_role("link", name="CSV")).to_have_attribute(
        "href", "api/days.csv?days=30&project=app"
    )
    site.answers["GET", DAYS] = (200, grid([1, 2], others=["app", "gone"]))
    select.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("d")
    assert tab.url == f"{PAGE}?project=app"
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{PAGE}?project=default")
    expect(tab.get_by_label("Project", exact=True)).to_have_value("default")
    assert [query.get("project") for query in asked(site)] == [None, ["app"], ["default"]]
    site.answers["GET", DAYS] = (200, grid([1, 2], project="gone", others=["default"]))
    tab.get_by_label("Project", exact=True).dispatch_event("pointerdown")
    tab.get_by_label("Project", exact=True).select_option("gone")
    tab.wait_for_url(f"{PAGE}?project=gone")
    site.answers["GET", DAYS] = (200, projects())
    tab.get_by_role("link", name="All projects").click()
    expect(tab.locator("tr[data-project]")).to_have_count(3)


def test_a_second_project_appears_in_an_open_page(site: Site, tab: Page) -> None:
    """All are shown at a glance then, in the place of the only one."""
    site.show(grid([1]))
    site.answers["GET", DAYS] = (200, projects())
    tab.get_by_role("button", name="Refresh").click()
    expect(tab.locator("tr[data-project]")).to_have_count(3)
    expect(tab.locator("tr[data-day]")).to_have_count(0)


@pytest.mark.parametrize(("others", "query"), [((), ""), (("app",), "?dag_id=x")])
def test_there_is_no_selector_for_one_project(
    site: Site, tab: Page, others: Any, query: str
) -> None:
    """Nor in the tab of a DAG, which is about that one."""
    site.show(grid([1], others=others), query=query)
    expect(tab.locator("tr[data-day]")).to_have_count(30)
    expect(tab.locator("#projects")).to_be_hidden()
    assert [query.get("dag_id") for query in asked(site)] == [["x"] if others else None]


@pytest.mark.parametrize("problem", [None, PROBLEM])
@pytest.mark.parametrize("data", [projects, lambda problem: grid([1], problem=problem)])
def test_a_bad_file_is_shown_as_what_to_correct(
    site: Site, tab: Page, data: Any, problem: str | None
) -> None:
    """Beside the projects that Airflow knows."""
    site.show(data(problem=problem))
    expect(tab.locator("[data-notice=file]")).to_have_count(int(problem is not None))
    if problem:
        expect(tab.locator("[data-notice=file]")).to_contain_text(problem)
    expect(tab.locator("tr[data-day], tr[data-project]").first).to_be_visible()


def test_nothing_of_a_removed_project_can_be_started(site: Site, tab: Page) -> None:
    """Its days stay, and the page says why; no command is offered."""
    days = grid([5, 6], project="gone", others=["default"], removed=True, may=False, paused=True)
    site.answers["GET", f"{DAYS}/{ago(5)}"] = (200, detail(days["days"][5]))
    site.show(days, query="?project=gone")
    expect(tab.locator("#notices")).to_contain_text("The project gone was removed.")
    expect(tab.locator("[data-notice=paused], [data-notice=first]")).to_have_count(0)
    expect(tab.locator("#toolbar")).to_contain_text("The project was removed.")
    expect(tab.get_by_role("button", name="Load missing")).to_be_disabled()
    tab.locator(f'tr[data-day="{ago(5)}"] th').click()
    expect(tab.locator("#drawer")).to_contain_text("240")
    expect(tab.locator("#drawer .acts-of-day")).to_have_count(0)


def test_commands_and_requests_name_the_projects_dag(site: Site, tab: Page) -> None:
    """Of the plan, the drawer and the steps before the first load."""
    days = grid([], project="app", others=["default"], paused=True)
    site.answers["GET", f"{DAYS}/{ago(2)}"] = (200, detail(days["days"][2]))
    site.show(days, query="?project=app")
    expect(tab.locator("#notices code")).to_contain_text(
        ["airflow dags unpause amplitude_to_snowflake_app", "--dag-id amplitude_to_snowflake_app "]
    )
    tab.locator(f'tr[data-day="{ago(2)}"] th').click()
    drawer = tab.locator("#drawer")
    expect(drawer.locator("code")).to_contain_text("--dag-id amplitude_to_snowflake_app ")
    site.answers["POST", "api/v2/backfills/dry_run"] = (200, {"backfills": []})
    drawer.get_by_role("button", name="Load this day").click()
    expect(tab.locator("#plan")).to_contain_text("Nothing to run.")
    (body,) = site.bodies("POST", "api/v2/backfills/dry_run")
    assert body["dag_id"] == "amplitude_to_snowflake_app"
    of = {path: parse_qs(query) for path, query in site.queries}
    assert of["api/v2/backfills"]["dag_id"] == ["amplitude_to_snowflake_app"]
    assert of[f"{DAYS}/{ago(2)}"] == {"project": ["app"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_overview_fits_the_screen_and_can_be_read(
    site: Site, tab: Page, width: int, scheme: Any
) -> None:
    """Without scrolling sideways; nothing is from elsewhere, and the policy blocks nothing."""
    tab.set_viewport_size({"width": width, "height": 800})
    tab.emulate_media(color_scheme=scheme)
    site.show(projects(PROBLEM))
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= width
    assert tab.evaluate(LOW_CONTRAST) == []
    assert (site.elsewhere, site.complaints) == ([], [])
    for cell in (0, 29):
        box = tab.locator("tr[data-project=app] .cell").nth(cell).bounding_box()
        assert box
        assert 0 <= box["x"] <= width - box["width"]
        assert box["width"] > 5
