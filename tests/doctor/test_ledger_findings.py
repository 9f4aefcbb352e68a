"""The lines that `record_ledger` logs about the ledger and the table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from amplitude_export.ledger import Recorded, RecordedDay
from amplitude_export.verify.load_history import findings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def day(name: str, rows: int = 3, events: int = 3, state: str | None = "loaded") -> RecordedDay:
    """Return a day with events in one hour, 09:00."""

    def column(number: int) -> list[int]:
        return [number if hour == 9 else 0 for hour in range(24)]

    return RecordedDay(
        day=date.fromisoformat(name),
        run_id="run" if state else None,
        loaded_at=NOW if state else None,
        state=[state] * 24,
        files=column(1),
        events=column(events),
        bytes=column(events),
        quarantined=column(0),
        rows=column(rows),
    )


def recorded(*days: RecordedDay) -> Recorded:
    return Recorded(NOW, date(2025, 10, 21), date(2026, 11, 24), list(days))


FOUND = {
    "nothing": (
        [],
        "none",
        "none",
        "none",
    ),
    "all well": (
        [day("2026-11-01"), day("2026-11-02")],
        "2 (2026-11-01 to 2026-11-02)",
        "none",
        "none",
    ),
    "a gap": (
        [day("2026-10-30"), day("2026-11-02")],
        "2 (2026-10-30 to 2026-11-02)",
        "none",
        "2 (2026-10-31; 2026-11-01)",
    ),
    "other rows": (
        [day("2026-11-01", rows=1200), day("2026-11-02", events=4)],
        "2 (2026-11-01 to 2026-11-02)",
        "2 (2026-11-01 09:00, 1,200 rows and 3 events; 2026-11-02 09:00, 3 rows and 4 events)",
        "none",
    ),
    "a day of the table alone": (
        [day("2026-11-01"), day("2026-11-02", events=0, state=None), day("2026-11-03")],
        "2 (2026-11-01 to 2026-11-03)",
        "1 (2026-11-02 09:00, 3 rows and 0 events)",
        "1 (2026-11-02)",
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_each_kind_has_its_line(case: str) -> None:
    """A kind without findings has its line as well, so that its absence means nothing."""
    days, held, differences, gaps = FOUND[case]
    assert findings(recorded(*days)) == [
        f"Days in the ledger, of 2025-10-21 to 2026-11-24: {held}.",
        f"Hours whose rows differ from the ledger's events: {differences}.",
        f"Days missing between the ledger's first and last: {gaps}.",
    ]


def test_ten_findings_are_named_and_all_are_counted() -> None:
    """The line stays short, however many there are."""
    wrong = [day(f"{date(2026, 9, 1) + timedelta(days=n)}", rows=0) for n in range(0, 50, 2)]
    _, differences, gaps = findings(recorded(*wrong))
    assert differences.count("09:00") == gaps.count("2026-") == 10
    assert ": 25 (2026-09-01 09:00, 0 rows and 3 events; " in differences
    assert ": 24 (2026-09-02; 2026-09-04; " in gaps
    assert differences.endswith("; …).")
