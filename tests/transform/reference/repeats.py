"""Repeated rows: the same device has sent the same uuid or `$insert_id` before."""

from __future__ import annotations

from collections.abc import Iterable

from tests.transform.reference.order import as_it_came
from tests.transform.reference.typed import Row


def split(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Return the kept rows, and the repeats, each with its reason.

    A repeat also counts as an earlier row: a row with its `$insert_id` is a repeat, too.
    """
    kept: list[Row] = []
    repeats: list[Row] = []
    uuids, inserts = set(), set()
    for row in sorted(rows, key=as_it_came):
        uuid = (row["device_key"], row["uuid"])
        insert = (row["device_key"], row["insert_id"])
        reason = "uuid" if uuid in uuids else "insert_id" if insert in inserts else None
        (repeats if reason else kept).append(row | {"reason": reason})
        uuids.add(uuid)
        if row["insert_id"] is not None:
            inserts.add(insert)
    return kept, repeats
