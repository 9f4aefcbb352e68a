"""Whether a loaded day is what was exported, event by event: the product's own check, in words."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.launcher.progress import RunFailed
from local.launcher.settings import ROOT

if TYPE_CHECKING:
    from amplitude_export.verify.verify import Verdict


def verdict(connection: Any, data_dir: Path, day: date) -> Verdict:
    """Return what is found of the day; raise RunFailed when the warehouse does not answer.

    The connection is closed.
    """
    sys.path.insert(0, str(ROOT / "plugins"))
    from amplitude_export.errors import PipelineError
    from amplitude_export.verify.verify import verify_day

    try:
        return verify_day(lambda: connection, data_dir, day)
    except PipelineError as error:
        raise RunFailed(str(error)) from error


def is_good(found: Verdict) -> bool:
    """Whether the day is loaded, and without a problem."""
    return found.loaded and not found.problems


def words(found: Verdict) -> str:
    """Return what to print of it: a line for each problem and note."""
    notes = [f"note: {note}" for note in found.notes]
    problems = [f"PROBLEM: {problem}" for problem in found.problems]
    return "\n".join([_summary(found), *problems, *notes])


def _summary(found: Verdict) -> str:
    if found.problems:
        return f"{found.day} is NOT as it should be."
    if not found.loaded:
        return f"{found.day} is not loaded: neither ledger nor table have it."
    how = "as exported, event by event" if found.compared else "as the ledger says"
    return f"{found.day}: {found.events:,} events are in the table, {how}."
