"""Whether a loaded day is what was exported, event by event, in words."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from local.settings import ROOT


def lines(connection: Any, data_dir: Path, day: date) -> tuple[bool, list[str]]:
    """Return whether the day is loaded and without fault, and what to print of it.

    The check is the product's own; the connection is closed.
    """
    sys.path.insert(0, str(ROOT / "plugins"))
    from amplitude_export.verify import verify_day

    verdict = verify_day(lambda: connection, data_dir, day)
    notes = [f"note: {note}" for note in verdict.notes]
    if verdict.problems:
        problems = [f"PROBLEM: {problem}" for problem in verdict.problems]
        return False, [f"{day} is NOT as it should be.", *problems, *notes]
    if not verdict.loaded:
        return False, [f"{day} is not loaded: neither ledger nor table have it.", *notes]
    how = "as exported, event by event" if verdict.compared else "as the ledger says"
    return True, [f"{day}: {verdict.events:,} events are in the table, {how}.", *notes]
