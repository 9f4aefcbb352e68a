"""tools/tables.py: columns of the SQL and of dbt's manifest in docs/tables.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools import tables

LOCK = """/*
what:   One row.
*/
create table if not exists amplitude_lock (
    -- The run that loaded last:
    -- its id.
    run_id varchar not null,
    -- When it began.
    locked_at timestamp_ntz not null
)
"""
PAGE = """By hand.

<!-- begin amplitude_lock -->
<!-- end amplitude_lock -->

<!-- begin shared-columns -->
<!-- end shared-columns -->

<!-- begin models -->
stale
<!-- end models -->
"""


def node(alias: str, text: str, columns: dict[str, str]) -> dict[str, Any]:
    """A model of gold, in the manifest."""
    return {
        "resource_type": "model",
        "unique_id": f"model.amplitude.{alias}",
        "tags": ["gold"],
        "schema": "gold",
        "alias": alias,
        "description": text,
        "columns": {name: {"description": text} for name, text in columns.items()},
    }


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Two models, the first of which is built from the second."""
    daily = {"day": "UTC day.", "events": "Number of events."}
    nodes = [
        node("a_daily", "Events by day. One row for each day.", daily),
        node("b_hourly", "The source.\nOne row for each hour.", {"events": "Number of events."}),
        node("c_daily", "A copy. One row for each day.", daily),
    ]
    parents = {"model.amplitude.a_daily": ["model.amplitude.b_hourly"]}
    parents["model.amplitude.c_daily"] = ["model.amplitude.a_daily"]
    docs = {"1": {"name": "events", "block_contents": "Number of\nevents."}}
    docs["2"] = {"name": "unused", "block_contents": "No column has it."}
    return {
        "nodes": {it["unique_id"]: it for it in nodes},
        "docs": docs,
        "parent_map": parents,
    }


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: dict[str, Any]) -> Path:
    """A page and one table's SQL in place of the project's, and no dbt."""
    (tmp_path / "06_create_amplitude_lock.sql").write_text(LOCK)
    (tmp_path / "tables.md").write_text(PAGE)
    monkeypatch.setattr(tables, "OBJECTS", tmp_path)
    monkeypatch.setattr(tables, "PAGE", tmp_path / "tables.md")
    monkeypatch.setattr(tables, "manifest", lambda: manifest)
    return tmp_path


def test_the_page_gets_columns_and_keeps_the_text_around_them(places):
    assert tables.main([]) == 0
    assert (
        (places / "tables.md").read_text()
        == """By hand.

<!-- begin amplitude_lock -->
| column | type | meaning |
|---|---|---|
| `RUN_ID` | VARCHAR | The run that loaded last: its id. |
| `LOCKED_AT` | TIMESTAMP_NTZ | When it began. |
<!-- end amplitude_lock -->

<!-- begin shared-columns -->
| column | meaning |
|---|---|
| `events` | Number of events. |
<!-- end shared-columns -->

<!-- begin models -->
### `gold.b_hourly`: one row for each hour

The source.

Also: `events`.

### `gold.a_daily`: one row for each day

Events by day.

| column | meaning |
|---|---|
| `day` | UTC day. |

Also: `events`.

### `gold.c_daily`: one row for each day

A copy.

The same columns as `gold.a_daily`.
<!-- end models -->
"""
    )


def test_a_fresh_page_passes_the_check():
    tables.main([])
    assert tables.main(["--check"]) == 0


def test_a_stale_page_fails_the_check_which_names_the_command(places, manifest, capsys):
    tables.main([])
    manifest["nodes"]["model.amplitude.b_hourly"]["columns"]["events"]["description"] = "Other."
    before = (places / "tables.md").read_text()
    assert tables.main(["--check"]) == 1
    assert "python -m tools.tables" in capsys.readouterr().err
    assert (places / "tables.md").read_text() == before


def test_a_column_without_a_comment_is_an_error(places):
    (places / "06_create_amplitude_lock.sql").write_text(
        LOCK.replace("    -- When it began.\n", "")
    )
    with pytest.raises(ValueError, match="each column needs a comment"):
        tables.raw_columns("amplitude_lock")
