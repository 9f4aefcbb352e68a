"""Airflow's REST API about one DAG, called in process and with the rights of the page's user.

The page's app is mounted in the api-server's, so that it needs no address, and no credentials but
the caller's own. https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
from anyio import to_thread
from anyio.lowlevel import RunVar

from amplitude_export.settings import (
    COMPARE_AGAIN,
    HOURS_LOADED,
    LOAD,
    LOAD_AGAIN,
    LOADED,
    LOOKED_AGAIN,
    RELOAD,
)

log = logging.getLogger(__name__)

# The headers that identify the caller; no other header of the request is forwarded.
_CREDENTIALS = ("cookie", "authorization")
# Parallel calls of all open pages together. Each call takes one of the api-server's threads and one
# of its few database connections, which the tasks' own calls need as well.
_AT_ONCE = 6
_SLOTS: RunVar[asyncio.Semaphore] = RunVar("amplitude_page_slots")
# Airflow returns at most so many entries per request, by the default of [api] maximum_page_limit.
_PAGE = 100


class Refused(Exception):
    """An error response of Airflow, with its status and its detail."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail

    @property
    def about_the_user(self) -> bool:
        """True if the login or a right is missing, and not something of Airflow's."""
        return self.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


@dataclass(frozen=True)
class Unreadable:
    """Stands for a task's result that cannot be read; `why` is for the user."""

    why: str


NOT_RETURNED = Unreadable(
    "Its XCom backend did not return the task's result: see the log of the api-server, which needs "
    "the workers' access to the backend's store."
)
# Airflow's API takes this id for all runs.
_ALL_RUNS = "~"


class Airflow:
    """The API of `app` about the daily DAG `dag_id`, for the caller whose request has `headers`.

    The API returns an XCom as the database has it, which can be a reference of an XCom backend.
    `resolve` is then called with its key and this reference, and returns its value.
    """

    def __init__(
        self,
        app: Any,
        headers: Mapping[str, str],
        dag_id: str,
        resolve: Callable[[str, Any], Any] = lambda _, stored: stored,
    ) -> None:
        self._resolve = resolve
        self._dag_id = dag_id
        self._dag = f"dags/{quote(dag_id, safe='')}"
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://airflow/api/v2/",
            headers={
                "accept-encoding": "identity",
                **{name: headers[name] for name in _CREDENTIALS if name in headers},
            },
        )

    async def dag(self) -> dict[str, Any]:
        """Return the DAG."""
        return await self._get(self._dag)

    async def loads(self, first_day: date) -> list[dict[str, Any]]:
        """Return the asset events of loads since `first_day`: no day is loaded before it begins."""
        return await self._events(LOADED, self._dag_id, LOAD, first_day)

    async def loads_again(self, dag_id: str, first_day: date) -> list[dict[str, Any]]:
        """Return those of the second look's DAG."""
        return await self._events(LOADED, dag_id, LOAD_AGAIN, first_day)

    async def reloads(self, first_day: date) -> list[dict[str, Any]]:
        """Return those of the loads from the bucket, of all projects."""
        return await self._events(LOADED, RELOAD, LOAD, first_day)

    async def looks(self, dag_id: str, first_day: date) -> list[dict[str, Any]]:
        """Return the asset events of the comparisons of the second look's DAG."""
        return await self._events(LOOKED_AGAIN, dag_id, COMPARE_AGAIN, first_day)

    async def _events(
        self, asset: str, dag_id: str, task_id: str, first_day: date
    ) -> list[dict[str, Any]]:
        query = {"source_dag_id": dag_id, "source_task_id": task_id, "order_by": "-timestamp"}
        query |= {"name_pattern": asset, "timestamp_gte": f"{first_day}T00:00:00Z"}
        path = "assets/events"
        return [event async for event in self._pages(path, "asset_events", query)]

    async def hours(self, dag_id: str, since: date) -> list[dict[str, Any]]:
        """Return the asset events of provisional hours that this hourly DAG has sent since then."""
        return await self._events(HOURS_LOADED, dag_id, LOAD, since)

    async def runs(self, first_day: date) -> list[dict[str, Any]]:
        """Return the DAG's runs since `first_day`: no run is due before its day begins."""
        query = {"run_after_gte": f"{first_day}T00:00:00Z", "order_by": "-run_after"}
        path = f"{self._dag}/dagRuns"
        return [run async for run in self._pages(path, "dag_runs", query)]

    async def oldest_run(self) -> dict[str, Any] | None:
        """Return the DAG's successful run of the oldest day, or None."""
        # Without the filter, some databases sort runs without a logical date first.
        query = {"logical_date_gte": "1970-01-01T00:00:00Z", "order_by": "logical_date"}
        query |= {"state": "success"}
        return await self._first(f"{self._dag}/dagRuns", "dag_runs", query)

    async def tasks(self, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run, each mapped one by itself.

        Raises Refused, also for an id that Airflow's API takes for something else.
        """
        if run_id == _ALL_RUNS or "/" in run_id:
            raise Refused(httpx.codes.NOT_FOUND, f"it cannot look up the run id {run_id!r}")
        path = f"{self._dag}/dagRuns/{_segment(run_id)}/taskInstances"
        return [task async for task in self._pages(path, "task_instances", {})]

    async def results(
        self, tasks: Iterable[Mapping[str, Any]], key: str = "return_value"
    ) -> list[Any]:
        """Return the XCom `key` of each task instance, a dict.

        It is None for those that have none, and Unreadable where Airflow or the XCom backend fails.
        """
        return await asyncio.gather(*(self._result(task, key) for task in tasks))

    async def _result(self, task: Mapping[str, Any], key: str) -> Any:
        run, name = _segment(task["dag_run_id"]), _segment(task["task_id"])
        path = f"{self._dag}/dagRuns/{run}/taskInstances/{name}/xcomEntries/{key}"
        query = {"map_index": task["map_index"], "stringify": "false"}
        try:
            stored = (await self._get(path, query))["value"]
        except Refused as refused:
            if refused.about_the_user:
                raise
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            # Airflow cannot return each value that it takes, such as NaN.
            log.warning("XCom %s of %r: %s", key, task["dag_run_id"], refused)
            return Unreadable(f"Airflow did not return the task's result: {refused.detail}.")
        return stored if isinstance(stored, dict) else await self._resolved(task, key, stored)

    async def _resolved(self, task: Mapping[str, Any], key: str, stored: Any) -> Any:
        why = "the XCom backend returned no record"
        async with _slots():
            try:
                # In a thread, because a backend waits for its store.
                value = await to_thread.run_sync(self._resolve, key, stored)
                if isinstance(value, dict):
                    return value
            except Exception as error:
                # A backend can raise anything; the page shows the rest.
                why = f"{type(error).__name__}: {error}"
        log.warning("XCom %s of %r %s: %s", key, task["dag_run_id"], task["task_id"], why)
        return NOT_RETURNED

    async def _first(
        self, path: str, entries: str, query: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        page = await self._get(path, {**query, "limit": 1})
        return next(iter(page[entries]), None)

    async def _pages(
        self, path: str, entries: str, query: Mapping[str, Any]
    ) -> AsyncIterator[dict[str, Any]]:
        read, total = 0, 1
        while read < total:
            params = {**query, "limit": _PAGE, "offset": read}
            page = await self._get(path, params)
            read, total = read + len(page[entries]), page["total_entries"]
            for entry in page[entries]:
                yield entry
            if not page[entries]:
                break

    async def _get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        async with _slots():
            response = await self._client.get(path, params=query)
        if not response.is_success:
            raise Refused(response.status_code, _detail(response))
        body: dict[str, Any] = response.json()
        return body


def _segment(text: str) -> str:
    """Return the text as one segment of a path; httpx would resolve one of dots alone."""
    return quote(text, safe="").replace(".", "%2E")


def _slots() -> asyncio.Semaphore:
    """Return the semaphore of this event loop."""
    try:
        return _SLOTS.get()
    except LookupError:
        _SLOTS.set(asyncio.Semaphore(_AT_ONCE))
        return _SLOTS.get()


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
