"""Second looks: a day that Amplitude still has as it was loaded, or one that has changed there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from amplitude_export.ledger import DEFAULT_PROJECT, LookedAgain
from amplitude_export.page.records import Loaded, extra_of, moment_of

log = logging.getLogger(__name__)

# The outcomes of a comparison.
_COMPARED = ("same", "changed")


@dataclass(frozen=True)
class Look:
    """A comparison of a day with its new export, at the time `at` (UTC)."""

    at: datetime
    found: LookedAgain

    def is_of(self, loaded: Loaded | None) -> bool:
        """Return True if it compared what is loaded now."""
        if loaded is None or loaded.at > self.at:
            return False
        return loaded.run_id == self.found.compared_run_id

    def replaced(self, loaded: Loaded | None) -> bool:
        """Return True if its own run has loaded what it found."""
        return loaded is not None and loaded.run_id == self.found.run_id


def newest_looks(
    events: Iterable[Mapping[str, Any]], project: str = DEFAULT_PROJECT
) -> dict[date, Look]:
    """Return the last comparison of each day of the project; the events can be in any order.

    An event that cannot be read, or that is of another run or project, is skipped, with a line in
    the api-server's log.
    """
    newest: dict[date, Look] = {}
    for event in events:
        look = _look(event, project)
        if look and (look.found.day not in newest or look.at > newest[look.found.day].at):
            newest[look.found.day] = look
    return newest


def _look(event: Mapping[str, Any], project: str) -> Look | None:
    found = extra_of(event, LookedAgain)
    if found is None:
        return None
    told = found.project, found.run_id
    if told != (project, event["source_run_id"]):
        log.warning("Asset event %s is skipped: it is about %s %r.", event["id"], *told)
        return None
    at = moment_of(event["timestamp"])
    return Look(at, found) if at and found.outcome in _COMPARED else None
