"""`make inventory`: the product's own inventory of bucket and volume, as text or as JSON.

Like `make verify` it works on the local stack, and with the accounts of `.env`.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Collection
from contextlib import redirect_stdout
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from amplitude_export.projects import is_name

from local.launcher import sql
from local.launcher.job import echo
from local.launcher.progress import RunFailed, with_section
from local.launcher.rest import Airflow
from local.launcher.settings import ARCHIVE_DAYS, Settings, SettingsError
from local.launcher.stack import Stack

if TYPE_CHECKING:
    from amplitude_export.inventory.files import UnderWay
    from amplitude_export.inventory.inventory import Inventory

UNFINISHED = ["queued", "running"]
PAGE = 100


def inventory(given: Settings, asked: Namespace) -> int:
    """Print the inventory, text or JSON; return 0, whatever it has found.

    Raises SettingsError for an option that is wrong, RunFailed if the warehouse refuses.
    """
    first, last = _day(asked.first_day, "FROM"), _day(asked.last_day, "TO")
    if first and last and last < first:
        raise SettingsError(f"TO={last} is before FROM={first}.")
    if asked.project and not is_name(asked.project):
        raise SettingsError(
            f"{asked.project!r} is not the name of a project: use letters a to z, digits and _."
        )
    # Output of Airflow's hooks goes to stderr: programs parse stdout.
    with redirect_stdout(sys.stderr):
        found = _take(given, asked, first, last)
    from amplitude_export.inventory.report import lines
    from amplitude_export.record import to_record

    if asked.json:
        echo(json.dumps(to_record(found), indent=1))
        return 0
    echo("\n".join(lines(found)))
    if given.cloud_is_local and not Stack.running():
        echo("\nThe stand-in for S3 was started for this alone, and is empty: see `make up`.")
    return 0


def _take(given: Settings, asked: Namespace, first: date | None, last: date | None) -> Inventory:
    runs = _runs(given)
    if asked.clean and runs is None:
        raise SettingsError(
            "CLEAN=1 has to know which runs are under way, and Airflow is not running here. "
            'Trigger the DAG amplitude_inventory with {"clean": true} where it runs, or start '
            "the local one with `make up`."
        )
    with sql.warehouse(given) as connection:
        from amplitude_export.errors import PipelineError
        from amplitude_export.inventory.inventory import take_inventory
        from amplitude_export.inventory.kinds import Scope

        scope = Scope(first, last, asked.project)
        try:
            return take_inventory(
                lambda: connection,
                given.data_dir,
                scope,
                runs or (lambda *_: None),
                _archive_days(given) if asked.clean else None,
            )
        except PipelineError as error:
            raise RunFailed(with_section(str(error), type(error).__name__)) from error


def _archive_days(given: Settings) -> int:
    from amplitude_export.settings import ARCHIVE_DAYS as VARIABLE
    from amplitude_export.settings import whole_number

    return whole_number(VARIABLE, given.env.get(ARCHIVE_DAYS, "7"))


def _runs(given: Settings) -> UnderWay | None:
    """Return what knows the runs that are under way; None with accounts whose Airflow is elsewhere.

    Without the stack, no run of the stand-ins is.
    """
    if running := Stack.running():
        client = Airflow(running.url)
        client.log_in()
        return RunsOfStack(client).are_under_way
    return (lambda *_: False) if given.cloud_is_local else None


class RunsOfStack:
    """Whether runs are under way, by the REST API of the running stack."""

    def __init__(self, client: Airflow) -> None:
        self._client = client

    def are_under_way(self, project: str, day: date, runs: Collection[str]) -> bool:
        """Return True if a run of the day is, or one that has one of these run folders."""
        from amplitude_export.projects import writing_dag_ids
        from amplitude_export.window import run_day
        from amplitude_export.workspace import run_folder

        return any(
            run_folder(run["dag_run_id"]) in runs or run_day(*_moments(run)) == day
            for dag_id in writing_dag_ids(project)
            for run in self._unfinished(dag_id)
        )

    def _unfinished(self, dag_id: str) -> list[dict[str, Any]]:
        if self._client.dag(dag_id) is None:
            return []
        found: list[dict[str, Any]] = []
        while page := self._client.runs(dag_id, state=UNFINISHED, limit=PAGE, offset=len(found)):
            found += page
        return found


def _moments(run: dict[str, Any]) -> tuple[datetime | None, datetime]:
    logical = run["logical_date"]
    return logical and datetime.fromisoformat(logical), datetime.fromisoformat(run["run_after"])


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError(
            f"{text!r} is not a day. Write it as YYYY-MM-DD, for example: {option}=2026-11-24"
        ) from None
