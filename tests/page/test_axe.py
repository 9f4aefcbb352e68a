"""axe, the checker of WCAG's rules, finds nothing on any view of the page."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.answers import detail, failed_task, grid, inventory, overview
from tests.page.answers import row as project_row
from tests.page.site import PAGE, Site
from tests.unit.page.records import ago, grown, look_event

DAYS = "amplitude/api/days"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# An experiment of axe's: the accessible name has the visible label (WCAG 2.5.3).
ALSO = {"label-content-name-mismatch": {"enabled": True}}
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "rules": ALSO}


def findings(tab: Page) -> list[str]:
    """Return a line for each element that breaks a rule."""
    found: Any = Axe().run(tab, options=OPTIONS).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_the_grid_passes(site: Site, tab: Page, scheme: Any, width: int) -> None:
    """With a gap, whose button is named as it is labelled, and a selected day.

    Checkboxes have 24 pixels (WCAG 2.5.8), without the exception that axe allows for spacing.
    """
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    site.show(grid([1, 2, 5], [3]))
    tab.locator(f'tr[data-day="{ago(3)}"] input').check()
    box = tab.locator(f'tr[data-day="{ago(3)}"] input').bounding_box()
    assert box
    assert (box["width"], box["height"]) == (24, 24)
    expect(tab.get_by_role("button", name="Go to it")).to_be_visible()
    assert findings(tab) == []


def test_a_failed_day_passes(site: Site, tab: Page) -> None:
    """In the drawer."""
    days = grid([1], [2])
    failed = {"reason": "It failed.", "tasks": [failed_task("exportrefused")]}
    told = detail(days["days"][2], inventory=inventory(), **failed)
    site.answers["GET", f"{DAYS}/{ago(2)}"] = (200, told)
    site.show(days)
    tab.locator(f'tr[data-day="{ago(2)}"] th').click()
    expect(tab.get_by_role("dialog")).to_contain_text("Why it failed")
    assert findings(tab) == []


def test_a_day_that_changed_at_the_source_passes(site: Site, tab: Page) -> None:
    """In the grid and in the drawer, with the hours; another day is verified."""
    days = grid([1, 2], looks=[look_event(ago(1)), grown(ago(2))])
    told = detail(days["days"][2], loaded_since="its look")
    told["hours"][7]["loaded"] += 1
    site.answers["GET", f"{DAYS}/{ago(2)}"] = (200, told)
    site.show(days)
    expect(tab.locator(f'tr[data-day="{ago(1)}"] .note')).to_contain_text("· verified")
    note = "changed at source: 2 new, 1 gone, not replaced"
    expect(tab.locator(f'tr[data-day="{ago(2)}"] .note')).to_contain_text(note)
    tab.locator(f'tr[data-day="{ago(2)}"] th').click()
    drawer = tab.get_by_role("dialog")
    expect(drawer).to_contain_text("The day was not replaced")
    # The counts of two runs are not compared.
    expect(drawer).to_contain_text("Loaded again since by its look.")
    expect(drawer).not_to_contain_text("≠")
    expect(drawer.get_by_role("row", name="07:00–08:00 10 11 2 1")).to_be_visible()
    assert findings(tab) == []


def test_a_long_plan_passes_and_scrolls_by_keyboard(site: Site, tab: Page) -> None:
    """The list of its days takes the focus."""
    days = [f"{ago(age)}" for age in range(1, 90)]
    runs = [{"logical_date": f"{day}T00:00:00Z"} for day in reversed(days)]
    answer = (200, {"backfills": runs, "total_entries": len(runs)})
    site.answers["POST", "api/v2/backfills/dry_run"] = answer
    site.show(grid([], [89], count=90))
    tab.get_by_role("button", name="Load missing").click()
    listed = tab.locator("#plan .runs")
    expect(listed.locator("li")).to_have_count(len(days))
    assert findings(tab) == []
    while not listed.evaluate("list => list === document.activeElement"):
        tab.keyboard.press("Tab")
    tab.keyboard.press("End")
    expect(listed.locator("li").last).to_be_in_viewport()


def test_all_projects_at_a_glance_pass(site: Site, tab: Page) -> None:
    """With a project that has a failed day."""
    rows = overview(project_row("default", [1, 2], [3]), project_row("app", [1, 2, 3]))
    site.answers["GET", DAYS] = (200, rows)
    site.open()
    expect(tab.locator("#overview")).to_contain_text("app")
    assert findings(tab) == []


def test_the_runbook_passes(site: Site, tab: Page) -> None:
    """As it is served."""
    tab.goto(f"{PAGE}runbook")
    assert findings(tab) == []
