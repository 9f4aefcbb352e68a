"""Addresses: the current page, a link's target, and links that lead to their own page."""

from __future__ import annotations

import re
from typing import Any

from tests.transform.reference.typed import text

_WEB = re.compile(r"https?://(?P<host>[^/?#]*)(?P<path>[^?#]*)", re.IGNORECASE)


def host(url: str | None) -> str | None:
    """Return the host of a web address with its port, in lower case."""
    found = _WEB.match(url or "")
    return found["host"].lower() if found else None


def path(url: str | None) -> str | None:
    """Return the part between the host and the first `?` or `#`; null if not a web address."""
    found = _WEB.match(url or "")
    return (found["path"] or "/") if found else None


def page_url(properties: dict[str, Any]) -> str | None:
    """Return the page's address."""
    url = text(properties.get("[Amplitude] Page URL"))
    return text(properties.get("[Amplitude] Page Location")) if url is None else url


def page_path(properties: dict[str, Any]) -> str | None:
    """Return the page's name."""
    named = text(properties.get("[Amplitude] Page Path"))
    urls = ("[Amplitude] Page URL", "[Amplitude] Page Location")
    paths = [named, *(path(text(properties.get(name))) for name in urls)]
    return next((found for found in paths if found is not None), None)


def target_path(href: str | None) -> str | None:
    """Return the path of a web address or of `/path`; null for `mailto:`, `#place` and the like."""
    if href is None or href.startswith("//") or not href.startswith("/"):
        return path(f"https:{href}" if href and href.startswith("//") else href)
    return re.split(r"[?#]", href)[0]


def leads_to_itself(href: str | None, url: str | None, page: str | None) -> bool:
    """Return True if the link leads to the page that it is on, and not to a place within it."""
    target = target_path(href)
    if href is None or target is None or page is None or "#" in href:
        return False
    there = host(f"https:{href}" if href.startswith("//") else href)
    if there is not None and there != host(url):
        return False
    return target.removesuffix("/") == page.removesuffix("/")
