"""The page in a browser, with the responses that a test defines: no server and no network."""

from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from amplitude_export.page import runbook
from amplitude_export.page.app import FILES, HEADERS
from playwright.sync_api import Page, Route

ROOT = "http://airflow.test/prefix"
PAGE = f"{ROOT}/amplitude/"


@dataclass
class Site:
    """Responds to the browser: with the page's own files, and with JSON by path.

    `answers` maps (method, path below Airflow's root) to a status and a body; `asked` has the
    requests in order, `queries` their paths and queries, `elsewhere` those to other hosts,
    `complaints` the browser's messages.
    """

    page: Page
    answers: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    queries: list[tuple[str, str]] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def on(cls, page: Page) -> Site:
        """Create the site for this tab of the browser."""
        site = cls(page)
        page.route("**/*", site._answer)
        page.on("console", lambda message: site.complaints.append(message.text))
        page.on("pageerror", lambda error: site.complaints.append(str(error)))
        return site

    def show(self, days: Any, backfill: Any = None, query: str = "") -> None:
        """Open the page with this grid, and wait until it is drawn."""
        self.answers["GET", "amplitude/api/days"] = (200, days)
        self.answers["GET", "api/v2/backfills"] = (200, {"backfills": [backfill] * bool(backfill)})
        self.open(query)

    def open(self, query: str = "") -> None:
        """Open the page, and wait until it shows its first response."""
        self.page.goto(PAGE + query)
        self.page.wait_for_selector("main[aria-busy=false]")

    def bodies(self, method: str, path: str) -> list[Any]:
        """Return the bodies of the requests to this path."""
        return [sent for verb, where, sent in self.asked if (verb, where) == (method, path)]

    def _answer(self, route: Route) -> None:
        request, url = route.request, urlsplit(route.request.url)
        if not request.url.startswith(ROOT + "/"):
            self.elsewhere.append(request.url)
            route.abort()
            return
        path = url.path.removeprefix("/prefix/")
        file = FILES / (
            path.removeprefix("amplitude/static/") if "static/" in path else "index.html"
        )
        if path == "amplitude/" or "amplitude/static/" in path:
            kind = mimetypes.guess_type(file.name)[0]
            route.fulfill(body=file.read_bytes(), headers={**HEADERS, "Content-Type": kind or ""})
            return
        if path == "amplitude/runbook":
            body = runbook.render(runbook.FILE.read_text())
            route.fulfill(body=body, headers={**HEADERS, "Content-Type": "text/html"})
            return
        self.asked.append((request.method, path, request.post_data_json))
        self.queries.append((path, url.query))
        status, body = self.answers.get(
            (request.method, path), (404, {"detail": "not in the test"})
        )
        route.fulfill(status=status, body=json.dumps(body), content_type="application/json")
