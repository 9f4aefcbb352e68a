"""Airflow's plugin: the page "Amplitude" in the navigation, and as a tab of each DAG.

Every component of Airflow imports this file. Only the api-server imports the page's own code, at
the first request: a fault in it breaks nothing but the page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

Scope = MutableMapping[str, Any]
Messages = Callable[..., Awaitable[Any]]


async def page(scope: Scope, receive: Messages, send: Messages) -> None:
    """Serve the page, an ASGI application; its scope names the one that it is mounted in."""
    from amplitude_export.page.app import app

    await app({**scope, "amplitude.parent": scope["app"]}, receive, send)


class AmplitudePlugin(AirflowPlugin):
    """See docs/page.md."""

    name = "amplitude"
    fastapi_apps = [{"app": page, "url_prefix": "/amplitude", "name": "Amplitude"}]
    external_views = [
        {"name": "Amplitude", "href": "amplitude/", "destination": "nav", "url_route": "amplitude"},
        {
            "name": "Amplitude",
            "href": "amplitude/?dag_id={DAG_ID}",
            "destination": "dag",
            # If two views have the same route, Airflow's UI shows the first one in both places.
            "url_route": "amplitude-days",
        },
        {
            "name": "Amplitude's tables",
            "href": "amplitude/dbt/",
            "destination": "nav",
            "category": "browse",
            "url_route": "amplitude-tables",
        },
        {
            "name": "Amplitude's runbook",
            "href": "amplitude/runbook",
            "destination": "nav",
            "category": "browse",
            "url_route": "amplitude-runbook",
        },
    ]
