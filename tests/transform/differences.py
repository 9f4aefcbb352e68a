"""The difference of two tables, in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import eq
from typing import Any

Row = dict[str, Any]
Values = tuple[Any, ...]

# At most this many differing rows are shown.
SHOWN = 5


def difference(columns: Sequence[str], expected: Iterable[Row], found: Iterable[Row]) -> str:
    """Return extra, missing and changed rows; an empty text if the tables are equal."""
    want = Counter(_values(columns, row) for row in expected)
    have = Counter(_values(columns, row) for row in found)
    missing, surplus = list((want - have).elements()), list((have - want).elements())
    text = [_missing(columns, row, surplus) for row in missing[:SHOWN]]
    if missing or surplus:
        text.insert(0, f"{len(missing)} rows missing, {len(surplus)} too many")
    text += [f"too many: {_named(columns, row)}" for row in surplus[: SHOWN if not missing else 0]]
    return "\n".join(text)


def _values(columns: Sequence[str], row: Row) -> Values:
    return tuple(plain(row[column]) for column in columns)


def plain(value: Any) -> Any:
    """Return the value; a number of any type as a decimal without trailing zeros."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value)).normalize()
    return value


def _missing(columns: Sequence[str], row: Values, surplus: list[Values]) -> str:
    """Describe a missing row by its difference from the most similar one."""
    if not surplus:
        return f"missing: {_named(columns, row)}"
    similar = max(surplus, key=lambda other: sum(map(eq, row, other)))
    differences = [
        f"{column} is {there!r} and not {here!r}"
        for column, here, there in zip(columns, row, similar, strict=True)
        if here != there
    ]
    return f"{', '.join(differences)}\n    of {_named(columns, row)}"


def _named(columns: Sequence[str], row: Values) -> str:
    """Return the row's values that are not null."""
    pairs = zip(columns, row, strict=True)
    return " ".join(f"{column}={value}" for column, value in pairs if value is not None)
