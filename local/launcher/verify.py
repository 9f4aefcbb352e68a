"""`make verify`: the product's own comparison of a loaded day with its export, as text."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.launcher.progress import RunFailed, with_section

if TYPE_CHECKING:
    from amplitude_export.verify.verify import Verdict


def verdict(connection: Any, data_dir: Path, project: str, day: date) -> Verdict:
    """Return the verdict on the project's day; raise RunFailed if the warehouse fails.

    The connection is closed.
    """
    from amplitude_export.errors import PipelineError
    from amplitude_export.verify.verify import verify_day

    try:
        return verify_day(lambda: connection, data_dir, day, project)
    except PipelineError as error:
        raise RunFailed(with_section(str(error), type(error).__name__)) from error


def is_good(found: Verdict) -> bool:
    """Return whether the day is loaded, and without a problem."""
    return found.loaded and not found.problems


def text(found: Verdict, project: str) -> str:
    """Return the verdict as text: a summary, and a line for each problem and note."""
    notes = [f"note: {note}" for note in found.notes]
    problems = [f"PROBLEM: {problem}" for problem in found.problems]
    return "\n".join([f"{project}, {_summary(found)}", *problems, *notes])


def _summary(found: Verdict) -> str:
    if found.problems:
        return f"{found.day} does NOT match its export."
    if not found.loaded:
        return f"{found.day} is not loaded: neither ledger nor table has it."
    how = "as exported, event by event" if found.compared else "as the ledger records"
    return f"{found.day}: {found.events:,} events are in the table, {how}."
