"""The runbook as a page: the sections that errors and notices link to."""

from __future__ import annotations

import re

import pytest
from amplitude_export import errors
from amplitude_export.failure import runbook_url
from amplitude_export.notices.message import LATE, OTHER_ERRORS
from amplitude_export.page.runbook import FILE, render

KINDS = [
    kind.__name__.lower()
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, errors.PipelineError)
    and kind not in (errors.PipelineError, errors.TryAgain, errors.DoNotRetry)
]
# Sections that 0.5.0 wrote into XComs and notices: the former names of errors.
FORMER = ["daynotover", "notjoined", "doctorfoundfaults"]


@pytest.fixture(scope="module")
def page() -> str:
    return render(FILE.read_text())


@pytest.mark.parametrize("section", [*KINDS, LATE, OTHER_ERRORS, *FORMER])
def test_the_page_has_an_anchor_for_every_link(page: str, section: str) -> None:
    """One for each error, for a deadline, for all other errors, and for the names of 0.5.0."""
    assert page.count(f'id="{section}"') == 1


def test_links_within_the_page_lead_somewhere(page: str) -> None:
    """Every `#…` is the id of a heading or an anchor."""
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_links_to_other_files_are_text(page: str) -> None:
    """The page serves no other file of docs/."""
    assert "<p>See <span>tables</span> and <a" in render("See [tables](tables.md#x) and [a](#a)")
    assert ".md" not in "".join(re.findall(r'href="([^"]+)"', page))


def test_headings_have_the_ids_of_github() -> None:
    """Small letters, hyphens for spaces, no punctuation."""
    page = render("## What can pass: `x` tried again")
    assert '<h2 id="what-can-pass-x-tried-again">' in page


def test_the_page_obeys_its_policy(page: str) -> None:
    """No inline style or script, and nothing from elsewhere."""
    assert not re.search(
        r"<script(?! (?:type=\"module\" )?src=\"static/)|style=|<style| on\w+=", page
    )
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("base_url", ["https://example.org/team", "https://example.org/team/"])
def test_the_address_keeps_the_path_prefix(base_url: str) -> None:
    """`[api] base_url` can end with a slash or not."""
    expected = "https://example.org/team/amplitude/runbook#load"
    assert runbook_url(base_url, "load") == expected
