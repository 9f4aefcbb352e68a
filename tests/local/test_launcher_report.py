"""The table and the verdict come from the counts alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from local.launcher.report import DayCounts, day_table, table, timings

EVENTS = Counter({7: 1200, 9: 3})


@pytest.fixture
def agreeing() -> DayCounts:
    return DayCounts(
        exported=EVENTS,
        unpacked=EVENTS,
        uploaded=EVENTS,
        loaded=EVENTS,
        ledger={hour: EVENTS[hour] for hour in range(24)},
        files=Counter({7: 2, 9: 1}),
        bytes=Counter({7: 2_000_000, 9: 400}),
    )


def test_equal_counts_agree(agreeing: DayCounts) -> None:
    """With the same count at every station there is no line."""
    assert agreeing.disagreements() == []


@pytest.mark.parametrize("station", ["exported", "unpacked", "uploaded", "loaded"])
def test_an_event_missing_at_one_station_is_reported(agreeing: DayCounts, station: str) -> None:
    """The line has all counts of the hour, and only that hour is listed."""
    lost = replace(agreeing, **{station: EVENTS - Counter({7: 1})})
    (words,) = lost.disagreements()
    assert words.startswith("07: ")
    assert f"{station} 1,199" in words


def test_an_event_in_an_hour_that_should_be_empty_is_reported(agreeing: DayCounts) -> None:
    """Rows beyond the exported ones are a disagreement too."""
    doubled = replace(agreeing, loaded=EVENTS + Counter({0: 1}))
    assert doubled.disagreements() == ["00: exported 0, unpacked 0, uploaded 0, loaded 1, ledger 0"]


def test_an_empty_hour_needs_its_ledger_row(agreeing: DayCounts) -> None:
    """An hour without a ledger row was never confirmed, which is not the same as an empty one."""
    ledger = {hour: count for hour, count in agreeing.ledger.items() if hour != 3}
    assert replace(agreeing, ledger=ledger).disagreements() == ["03: the ledger has no row"]


def test_the_ledger_must_match_the_table(agreeing: DayCounts) -> None:
    """A ledger row with another number is a disagreement."""
    (words,) = replace(agreeing, ledger={**agreeing.ledger, 9: 4}).disagreements()
    assert words == "09: exported 3, unpacked 3, uploaded 3, loaded 3, ledger 4"


def test_without_archives_the_other_stations_are_compared(agreeing: DayCounts) -> None:
    """Without stored archives their column is empty, and nothing else changes."""
    unkept = replace(agreeing, exported=None)
    assert unkept.disagreements() == []
    assert "not stored" in day_table(unkept).splitlines()[-1]
    lost = replace(unkept, loaded=Counter({7: 1200}))
    assert lost.disagreements() == ["09: unpacked 3, uploaded 3, loaded 0, ledger 3"]


def test_the_table_shows_24_hours_and_their_total(agreeing: DayCounts) -> None:
    """Each hour has a line, an hour without files is marked, and the sums are below."""
    heading, _, *rows, _, total = day_table(agreeing).splitlines()
    assert " ".join(heading.split()) == "hour files exported unpacked uploaded loaded bytes"
    assert [row.split()[0] for row in rows] == [f"{hour:02}" for hour in range(24)]
    assert rows[7].split() == ["07", "2", "1,200", "1,200", "1,200", "1,200", "2,000,000"]
    assert rows[8].split()[1] == "empty"
    assert total.split() == ["total", "3", "1,203", "1,203", "1,203", "1,203", "2,000,400"]


def test_text_is_aligned_left_and_numbers_right() -> None:
    """Columns are aligned, whatever they hold."""
    assert table(["name", "events"], [["open", "5"], ["close it", "1,234"]]).splitlines() == [
        "name      events",
        "────────  ──────",
        "open           5",
        "close it   1,234",
    ]


def test_a_result_without_rows_is_a_heading() -> None:
    """A query without rows still shows its columns."""
    assert table(["a"], []).splitlines() == ["a", "─"]


def test_timings_keep_the_order_of_the_tasks() -> None:
    """Tasks are in their order, the total at the end."""
    assert timings({"load": 1.25, "clean_up": 0.5}, 61.4) == (
        "load 1.2 s · clean_up 0.5 s · in all 61 s"
    )
