"""The page in the browser: both themes, all widths, keyboard and screen reader."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from amplitude_export.page.states import LEGEND
from amplitude_export.projects import daily_dag_id
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from tests.page.answers import detail, failed_task, grid, inventory
from tests.page.site import PAGE, ROOT, Site
from tests.unit.page.records import ago

DAYS = "amplitude/api/days"
FRAME = "allow-scripts allow-same-origin allow-forms allow-downloads"


def row(tab: Page, age: int) -> Any:
    return tab.locator(f'tr[data-day="{ago(age)}"]')


def test_every_cell_shows_its_state(site: Site, tab: Page) -> None:
    """As a glyph, and as a label for screen readers."""
    site.show(grid([1, 3], [4]))
    for age, state in {0: "not_due", 1: "loaded", 2: "missing", 4: "failed", 9: "unknown"}.items():
        glyph, label, _ = LEGEND[state]  # type: ignore[index]
        cell = row(tab, age).locator("td.hour").nth(7)
        expect(cell).to_have_text(glyph)
        expect(cell).to_have_attribute(
            "aria-label",
            f"{ago(age)} 07:00–08:00 UTC: {label}" + (", 10 events" if state == "loaded" else ""),
        )
    expect(row(tab, 1)).to_contain_text("240")


def test_the_header_shows_how_fresh_the_data_is(site: Site, tab: Page) -> None:
    """For complete days, with a gap, and without any load."""
    freshness = tab.locator("#freshness")
    site.show(grid(range(1, 30), count=30))
    expect(freshness).to_have_text(f"Complete through {ago(1)} 24:00 UTC, 9 h ago. ")
    site.show(grid([1, 2, 5]))
    expect(freshness).to_contain_text(f"not complete: the first gap is {ago(4)}")
    site.show(grid([]))
    expect(freshness).to_contain_text("No day is complete yet")
    expect(tab.locator("#notices")).to_contain_text("Nothing has been loaded yet")


def test_the_grid_works_with_the_keyboard_alone(site: Site, tab: Page) -> None:
    """Arrows, Enter, Escape, Space, and Shift with arrows; the focus is visible."""
    days = grid([1, 2, 3])
    site.show(days)
    for age in (2, 3):
        site.answers["GET", f"{DAYS}/{ago(age)}"] = (200, detail(days["days"][age]))
    while tab.evaluate("!document.activeElement.closest('table')"):
        tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.closest('tr').dataset.day") == f"{ago(2)}"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_contain_text(f"{ago(2)}")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_be_hidden()
    assert tab.evaluate("document.activeElement.closest('tr').dataset.day") == f"{ago(2)}"
    tab.keyboard.press("Space")
    tab.keyboard.press("Shift+ArrowDown")
    expect(tab.locator("tr[aria-selected=true]")).to_have_count(2)
    expect(tab.locator("#toolbar")).to_contain_text("2 days selected")


def test_dialogs_take_the_focus_and_return_it(site: Site, tab: Page) -> None:
    """The button that opened the dialog has it after Escape."""
    site.show(grid([1, 2, 5]))
    site.answers["POST", "api/v2/backfills/dry_run"] = (200, {"backfills": [], "total_entries": 0})
    load = tab.get_by_role("button", name="Load missing (2 days)")
    load.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_be_visible()
    assert tab.evaluate("!!document.activeElement.closest('dialog')")
    tab.keyboard.press("Escape")
    expect(load).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_follows_airflows_theme(site: Site, tab: Page, theme: str) -> None:
    """In the frame, against the system's theme, and after a change by the user."""
    other = {"light": "dark", "dark": "light"}[theme]
    tab.emulate_media(color_scheme=other)  # type: ignore[arg-type]
    site.show(grid([1]))
    frame = f'<html class="{theme}"><body><iframe sandbox="{FRAME}" src="{PAGE}"></iframe>'
    tab.route(
        f"{ROOT}/plugin/amplitude",
        lambda route: route.fulfill(body=frame, content_type="text/html"),
    )
    tab.goto(f"{ROOT}/plugin/amplitude")
    inside = tab.frame_locator("iframe")
    expect(inside.locator("html")).to_have_attribute("data-theme", theme)
    tab.evaluate("theme => document.documentElement.className = theme", other)
    expect(inside.locator("html")).to_have_attribute("data-theme", other)


LOW_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const grounds = (at) => at ? [...grounds(at.parentElement), getComputedStyle(at).backgroundColor]
    : ['white'];
  const light = (colours) => {
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => value / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const shown = 'td.hour, .cell, td.events, th, dt, dd, p, a, .badge, button';
  return [...document.querySelectorAll(shown)]
    .filter((at) => at.textContent.trim() && !at.disabled && at.checkVisibility())
    .map((at) => {
      const ground = grounds(at);
      const [a, b] = [light([...ground, getComputedStyle(at).color]), light(ground)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return [at.className, at.textContent, ratio, at.matches('td.hour, .cell') ? 3 : 4.5];
    }).filter(([, , ratio, least]) => ratio < least);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_glyphs_have_enough_contrast(site: Site, tab: Page, scheme: Any) -> None:
    """Text 4.5 to 1, glyphs 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), in each state."""
    tab.emulate_media(color_scheme=scheme)
    site.show(every_state())
    assert tab.evaluate(LOW_CONTRAST) == []


def every_state() -> Any:
    """A grid whose first rows are in each of the states, with every shade of volume."""
    days = grid([1, 2, 5])
    for day, state in zip(days["days"], LEGEND, strict=False):
        day["state"] = state
        for hour in day["hours"]:
            hour.update(state=state, events=hour["hour"] ** 2 if state == "loaded" else None)
    return days


@pytest.mark.parametrize("width", [400, 1280])
def test_it_fits_the_screen(site: Site, tab: Page, width: int) -> None:
    """Without scrolling sideways, and with all 24 hours visible."""
    tab.set_viewport_size({"width": width, "height": 800})
    site.show(grid([1, 2, 5]))
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= width
    for hour in (0, 23):
        box = row(tab, 1).locator("td.hour").nth(hour).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


ERRORS = {
    401: "You are not logged in",
    403: "Your role is not allowed to see this",
    502: "Airflow's API refused",
    500: "",
}


@pytest.mark.parametrize(("status", "told"), ERRORS.items())
def test_an_error_is_explained(site: Site, tab: Page, status: int, told: str) -> None:
    """The content is hidden, because none was read."""
    site.answers["GET", DAYS] = (status, {"detail": "in its words"})
    # The page requests both at once, and shows the first error that arrives.
    site.answers["GET", "api/v2/backfills"] = (200, {"backfills": []})
    site.open()
    expect(tab.locator("#notices .bad")).to_contain_text(told)
    expect(tab.locator("#content")).to_be_hidden()


@pytest.mark.parametrize("projects", [["default"], ["default", "app"]])
def test_the_tab_of_another_dag_links_the_daily_ones(
    site: Site, tab: Page, projects: list[str]
) -> None:
    """Each in its own tab."""
    dags = [{"project": name, "dag_id": daily_dag_id(name)} for name in projects]
    site.answers["GET", DAYS] = (404, {"detail": {"message": "no project", "projects": dags}})
    site.open("?dag_id=another")
    for dag in dags:
        link = tab.get_by_role("link", name=dag["dag_id"], exact=True)
        path = f"{ROOT}/dags/{dag['dag_id']}/plugin/amplitude-days"
        expect(link).to_have_attribute("href", path)
    expect(tab.locator("a")).to_have_count(len(dags))
    assert [path for _, path, _ in site.asked] == [DAYS]


def test_a_failed_day_links_its_section_of_the_runbook(site: Site, tab: Page) -> None:
    """In a tab of its own, from Airflow's frame as well, below Airflow's path prefix."""
    days = grid([1], [2])
    told = detail(days["days"][2], reason="It failed.", tasks=[failed_task("exportrefused")])
    site.answers["GET", f"{DAYS}/{ago(2)}"] = (200, told)
    site.show(days)
    frame = f'<html><body><iframe sandbox="{FRAME}" src="{PAGE}" width="1200" height="800">'
    tab.route(
        f"{ROOT}/plugin/amplitude",
        lambda route: route.fulfill(body=frame, content_type="text/html"),
    )
    tab.goto(f"{ROOT}/plugin/amplitude")
    inside = tab.frame_locator("iframe")
    inside.locator(f'tr[data-day="{ago(2)}"] th').click()
    tab.context.route(f"{PAGE}runbook", lambda route: route.fulfill(body="the runbook"))
    with tab.context.expect_page() as opened:
        inside.locator("#drawer .notice").get_by_role("link", name="Open the runbook").click()
    opened.value.wait_for_url(f"{PAGE}runbook#exportrefused")
    assert tab.url == f"{ROOT}/plugin/amplitude"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_runbook_is_readable_in_both_themes(site: Site, tab: Page, scheme: Any) -> None:
    """The linked section is visible, the contrast suffices, and the policy blocks nothing."""
    tab.emulate_media(color_scheme=scheme)
    tab.goto(f"{PAGE}runbook#warehouserefused")
    expect(tab.locator("#warehouserefused")).to_be_in_viewport()
    assert tab.evaluate(LOW_CONTRAST) == []
    assert site.elsewhere == []
    assert site.complaints == []


def test_nothing_is_loaded_from_other_hosts(site: Site, tab: Page) -> None:
    """And the policy blocks nothing of the page's own."""
    site.show(grid([1, 2, 5]))
    assert site.elsewhere == []
    assert site.complaints == []


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text="<img src=x onerror=document.title='hacked'>")
@example(text="</td><script>document.title='hacked'</script>")
@example(text="javascript:document.title='hacked'")
@example(text='"><svg onload=document.title="hacked">')
@example(text="{{ 7 * 7 }} ${7 * 7} &lt;b&gt; ../../../")
@given(text=st.text(min_size=1, max_size=60))
def test_any_string_is_shown_as_text(site: Site, tab: Page, text: str) -> None:
    """Wherever it is from: a reason, a run, a label, a query id, a task."""
    days = grid([1], [2])
    day = days["days"][2]
    run = {"run_id": text, "run_type": text, "state": text, "started": None, "ended": None}
    task = {"task_id": text, "map_index": 0, "label": text, "state": text, "attempts": 1}
    task |= {"started": None, "ended": None, "seconds": 1.5, "reason": text, "runbook": text}
    task["page"] = text
    day.update(reason=text, run=run, source=text)
    listed = {"inventory": inventory(text, text), "query_ids": [text]}
    told = detail(day, reason=text, runs=[run], tasks=[task], **listed)
    site.answers["GET", f"{DAYS}/{ago(2)}"] = (200, told)
    site.show(days)
    row(tab, 2).locator("th").click()
    expect(tab.locator("#drawer .queries")).to_have_count(1)
    assert tab.evaluate("document.querySelectorAll('img, script:not([src]), iframe').length") == 0
    assert "hacked" not in tab.title()
    shown = tab.evaluate("document.querySelector('tr td.note[title]').title")
    assert shown == text or not text.strip()
    links = tab.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href)")
    assert all(link.startswith(ROOT) for link in links)


def test_ids_by_hand_lead_nowhere_else_and_are_quoted(site: Site, tab: Page) -> None:
    """A browser resolves dots in a path; a command is pasted into a shell."""
    days = grid([1], [2], dag_id="it's; rm -rf ~")
    common = {"run_type": "manual", "state": "failed", "started": None, "ended": None}
    runs = [{"run_id": run_id, **common} for run_id in ("..", ".", "a/../b", "a?b#c")]
    told = detail(days["days"][2], reason="It failed.", runs=runs)
    site.answers["GET", f"{DAYS}/{ago(2)}"] = (200, told)
    site.show(days)
    row(tab, 2).locator("th").click()
    links = tab.locator("#drawer table a")
    expect(links).to_have_count(2)
    dag = f"{ROOT}/dags/it's%3B%20rm%20-rf%20~/runs"
    found = [link.get_attribute("href") for link in links.all()]
    assert found == [f"{dag}/a%2F..%2Fb", f"{dag}/a%3Fb%23c"]
    command = tab.locator("#drawer .copyable code").first.inner_text()
    assert shlex.split(command)[4] == "it's; rm -rf ~"


def test_four_hundred_days_are_drawn_at_once(chromium: Browser) -> None:
    """In less than 300 ms of scripting without layout, the best of three on a busy machine."""
    days = grid(range(1, 400), count=400)
    seconds = []
    for _ in range(3):
        page = chromium.new_page()
        site = Site.on(page)
        counters = page.context.new_cdp_session(page)
        counters.send("Performance.enable")
        site.show(days, query="?days=400")
        metrics = counters.send("Performance.getMetrics")["metrics"]
        seconds.append(next(m["value"] for m in metrics if m["name"] == "ScriptDuration"))
        assert page.locator("td.hour").count() == 400 * 24
        page.close()
    assert min(seconds) < 0.3, seconds


def test_the_chart_is_empty_where_nothing_is_due(site: Site, tab: Page) -> None:
    """Before the project's first day and today; a missing day has the mark of a gap."""
    site.show(grid([1, 3], first_day=ago(4)))
    slots = tab.locator(".chart .slot")
    expect(slots.first).to_be_visible()
    marked = [
        slot.get_attribute("data-day") for slot in slots.all() if slot.locator(".gap").count()
    ]
    assert marked == [f"{ago(4)}", f"{ago(2)}"]
