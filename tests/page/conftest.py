"""The page in a tab of a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.page.site import Site


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """A new tab of 1280 by 900 pixels, with the light theme."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def site(tab: Page) -> Site:
    """The page, not opened yet."""
    return Site.on(tab)
