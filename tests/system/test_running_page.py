"""The page in Airflow's own UI, in a real browser, after `make up`.

With SCREENSHOTS=<folder> the pictures of the README are taken again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.system.checkout import DAILY, DAYS, Checkout
from tests.system.logins import log_in, strict_server

NAV, TAB = "/plugin/amplitude", f"/dags/{DAILY}/plugin/amplitude-days"
MINUTE = 60_000
# Backfills that SQLite can refuse in a row.
LOCKED_TRIES = 3
Visit = Callable[..., Page]


@pytest.fixture
def visit(up: Checkout, chromium: Browser) -> Iterator[Visit]:
    """Open Airflow's UI, and wait until the page shows the days of `default`."""
    contexts = []

    def visit(
        path: str = NAV, *, url: str = "", role: str = "", all_projects: bool = False, **looks: Any
    ) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, **looks)
        contexts.append(context)
        if role:
            log_in(context, url, up.airflow.token, up.folder, role)
        tab = context.new_page()
        tab.goto((url or up.stack["url"]) + path)
        main, days = inside(tab).locator("main"), inside(tab).locator("tr[data-day]")
        expect(main).to_have_attribute("aria-busy", "false", timeout=MINUTE)
        # Of several projects, the page shows all of them first.
        ways = inside(tab).locator("tr[data-project]").get_by_role("link", name="default")
        expect(days.or_(ways).first).to_be_visible(timeout=MINUTE)
        if all_projects:
            return tab
        if ways.count():
            ways.click()
        expect(days.first).to_be_visible(timeout=MINUTE)
        return tab

    yield visit
    for context in contexts:
        context.close()


def inside(tab: Page) -> FrameLocator:
    """Return the page in Airflow's frame."""
    return tab.frame_locator("iframe[src*=amplitude]")


def keep(tab: Page, name: str) -> None:
    """Save a picture for the README, if one is requested."""
    if folder := os.environ.get("SCREENSHOTS"):
        tab.screenshot(path=Path(folder) / f"{name}.png")


def shown(tab: Page) -> dict[str, list[tuple[str, str]]]:
    """Return state and label of each hour, by day, of the days that are loaded."""
    rows = inside(tab).locator("tr[data-day]:has(td.s-loaded, td.s-empty)")
    cells = rows.evaluate_all(
        "rows => rows.map(row => [row.dataset.day, [...row.querySelectorAll('td.hour')]"
        ".map(cell => cell.getAttribute('aria-label').split(': ')[1])])"
    )
    return dict(cells)


def ledger(up: Checkout) -> dict[str, list[str]]:
    """Return the same from the ledger, in the page's words."""
    with up.table() as table:
        rows = table.rows(
            "select export_day, state, events from amplitude_loads "
            "where project = 'default' and export_day >= current_date - 29 order by export_hour"
        )
    days: dict[str, list[str]] = {}
    for day, state, events in rows:
        words = f"{state}, {events:,} event{'s' * (events != 1)}" if events else state
        days.setdefault(f"{day}", []).append(words)
    return days


def missing(tab: Page) -> str:
    """Return the newest day that is missing."""
    rows = inside(tab).locator("tr[data-day]:has(td.s-missing)")
    return str(rows.first.get_attribute("data-day"))


def press_until(tab: Page, key: str, selector: str) -> None:
    """Press the key until the focus is on, or in, an element of the selector."""
    main = inside(tab).locator("body")
    for _ in range(60):
        if main.evaluate("(_, name) => !!document.activeElement.closest(name)", selector):
            return
        tab.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {selector}")


def test_the_grid_shows_the_ledger(up: Checkout, visit: Visit) -> None:
    """All days but one are shown, hour by hour, in the navigation's page and in the DAG's tab."""
    tab = visit()
    keep(tab, "page")
    assert len(shown(tab)) == DAYS - 1
    assert shown(tab) == ledger(up)
    assert shown(visit(TAB)) == shown(tab)


def test_each_project_of_the_ledger_is_shown(up: Checkout, visit: Visit) -> None:
    """At a glance if there are several; a single one is shown at once."""
    with up.table() as table:
        loaded = table.rows(
            "select project, count(distinct export_day) from amplitude_loads "
            "where export_day >= current_date - 29 group by project order by project"
        )
    tab = visit(all_projects=True)
    keep(tab, "page-projects")
    rows = inside(tab).locator("tr[data-project]")
    shown = rows.evaluate_all(
        "rows => rows.map(row => [row.dataset.project,"
        " row.querySelectorAll('.s-loaded, .s-empty').length])"
    )
    several = [[project, days] for project, days in loaded] if len(loaded) > 1 else []
    assert sorted(shown) == several


def test_a_viewer_sees_the_gap_and_cannot_fill_it(up: Checkout, visit: Visit) -> None:
    """The buttons are disabled, and Airflow refuses the requests of a forged page too."""
    with strict_server(up.folder) as url:
        tab = visit(url=url, role="VIEWER")
        expect(inside(tab).get_by_role("button", name="Load missing")).to_be_disabled()
        expect(inside(tab).locator("#toolbar")).to_contain_text("Your role can view runs")
        span = dict.fromkeys(("from_date", "to_date"), f"{missing(tab)}T00:00:00Z")
        for path in ("backfills/dry_run", "backfills"):
            sent = tab.request.post(f"{url}/api/v2/{path}", data={"dag_id": DAILY, **span})
            assert sent.status == 403
        assert visit(url=url, role="USER").request.get(f"{url}/amplitude/api/days").ok
        assert tab.request.get(f"{url}/amplitude/dbt/").ok
        assert requests.get(f"{url}/amplitude/dbt/", timeout=30).status_code == 401


def test_it_is_dark_where_airflow_is(visit: Visit) -> None:
    """Airflow's own switch decides."""
    tab = visit(color_scheme="dark")
    assert tab.evaluate("document.documentElement.className").split() == ["dark"]
    expect(inside(tab).locator("html")).to_have_attribute("data-theme", "dark")
    keep(tab, "page-dark")


def test_a_tasks_log_is_a_click_away(up: Checkout, visit: Visit) -> None:
    """The link leaves the frame for the UI's own page of the task, in the same window."""
    tab = visit()
    day = max(shown(tab))
    row = inside(tab).locator(f'tr[data-day="{day}"]')
    row.locator("td.hour").nth(9).click()
    drawer = inside(tab).get_by_role("dialog")
    expect(drawer).to_contain_text("Tasks of the newest run")
    keep(tab, "page-day")
    drawer.get_by_role("link", name="Log of load").click()
    tab.wait_for_url(f"**/dags/{DAILY}/runs/*/tasks/load*")


def start_by_keys(tab: Page, day: str) -> None:
    """Select the day, open the plan and start it, without the mouse."""
    inside(tab).locator("body").focus()
    press_until(tab, "Tab", "table")
    press_until(tab, "ArrowDown", f'tr[data-day="{day}"]')
    tab.keyboard.press("Space")
    press_until(tab, "Shift+Tab", "[data-act=load]")
    tab.keyboard.press("Enter")
    plan = inside(tab).get_by_role("dialog", name="Load missing days")
    expect(plan.get_by_role("listitem")).to_contain_text(day)
    keep(tab, "page-plan")
    press_until(tab, "Tab", "[data-act=start]")
    tab.keyboard.press("Enter")


def test_the_gap_is_filled_by_keys_alone_and_turns_loaded(up: Checkout, visit: Visit) -> None:
    """Airflow's own backfill loads it, after a preview of its runs; the rows are there."""
    tab = visit()
    day = missing(tab)
    for attempt in range(1, LOCKED_TRIES + 1):
        start_by_keys(tab, day)
        bar = inside(tab).locator("[data-notice=backfill]")
        refused = inside(tab).locator("dialog .notice.bad")
        expect(bar.or_(refused).first).to_be_visible(timeout=MINUTE)
        if bar.is_visible() or attempt == LOCKED_TRIES:
            break
        # SQLite on a busy machine: the page reports the lock, and a person tries again.
        expect(refused).to_contain_text(re.compile("50[03]"))
        tab = visit()
    expect(bar).to_contain_text("of 1 day loaded", timeout=MINUTE)
    keep(tab, "page-progress")
    cells = inside(tab).locator(f'tr[data-day="{day}"]').locator("td.s-loaded, td.s-empty")
    expect(cells).to_have_count(24, timeout=4 * MINUTE)
    assert shown(tab)[day] == ledger(up)[day]
