"""An inventory as text: a table of the kinds, what is not as it should be, and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from os.path import commonprefix

from amplitude_export.inventory.clean import Cleaned, Stayed
from amplitude_export.inventory.inventory import Inventory
from amplitude_export.inventory.kinds import ADVICE, Item, counts_of

# Days or folders that are named, and files of a day that have a line each.
_NAMED, _FEW = 10, 3
_HEADINGS = ("place", "kind", "files", "bytes", "first day", "last day")


def lines(found: Inventory) -> Iterator[str]:
    """Return the lines of the report; that of one day has a line for each object and file."""
    yield _title(found)
    yield ""
    yield from _summary(found)
    if found.cleaned:
        yield ""
        yield from _cleaned(found.cleaned)
    wrong = [item for item in found.items if item.kind in ADVICE]
    yield ""
    yield f"Not as it should be: {len(wrong):,}."
    if wrong:
        yield from _table([_row(*each) for each in _in_groups(wrong)], right={2})
    if found.unfilled:
        yield from _unfilled(found)
    if wrong:
        yield ""
        yield "What to do:"
        yield from _advice(wrong)
    if found.items and found.first_day and found.first_day == found.last_day:
        yield ""
        yield f"All objects and files of {found.first_day}:"
        yield from _table([_row(item) for item in _sorted(found.items)], right={2})


def _title(found: Inventory) -> str:
    if found.first_day and found.first_day == found.last_day:
        days = f"{found.first_day}"
    elif found.first_day or found.last_day:
        days = f"{found.first_day or 'the first day'} to {found.last_day or 'the last one'}"
    else:
        days = "all days"
    project = f"project {found.project}" if found.project else "all projects"
    return f"Inventory of {found.taken_at:%Y-%m-%d %H:%M} UTC: {project}, {days}."


def _summary(found: Inventory) -> Iterator[str]:
    days: defaultdict[tuple[str, str], list[date]] = defaultdict(list)
    for item in found.items:
        if item.day:
            days[item.place, item.kind].append(item.day)
    rows = []
    for each in counts_of(found.items):
        of_kind = days[each.place, each.kind]
        span = (f"{min(of_kind)}", f"{max(of_kind)}") if of_kind else ("", "")
        mark = "←" if each.kind in ADVICE else ""
        rows.append((each.place, each.kind, f"{each.count:,}", f"{each.bytes:,}", *span, mark))
    if rows:
        yield from _table([(*_HEADINGS, ""), *rows], right={2, 3})
    else:
        yield "Nothing: neither bucket, ledger nor volume has anything of it."


def _cleaned(cleaned: Cleaned) -> Iterator[str]:
    yield f"Removed from the volume: {cleaned.files:,} files, {cleaned.bytes:,} bytes."
    by_reason: defaultdict[str, list[Stayed]] = defaultdict(list)
    for each in cleaned.stayed:
        by_reason[each.why].append(each)
    for reason, stayed in sorted(by_reason.items()):
        files, size = sum(each.files for each in stayed), sum(each.bytes for each in stayed)
        yield f"Stayed: {files:,} files, {size:,} bytes: {reason}."
        yield from (f"    {_shown(each.folder)}" for each in stayed[:_NAMED])
        if len(stayed) > _NAMED:
            yield f"    … and {len(stayed) - _NAMED:,} more folders"


def _unfilled(found: Inventory) -> Iterator[str]:
    days = ", ".join(f"{project} {day}" for project, day in found.unfilled[:_NAMED])
    more = " …" if len(found.unfilled) > _NAMED else ""
    yield (
        f"Loaded days without rows in AMPLITUDE_FILES: {len(found.unfilled):,} ({days}{more}). "
        "Their objects are known by the numbers of each hour. Run amplitude_setup to fill them in."
    )


def _advice(wrong: Sequence[Item]) -> Iterator[str]:
    for kind, advice in ADVICE.items():
        if any(item.kind is kind for item in wrong):
            yield f"    {kind}: {advice}"


def _sorted(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.place, item.name))


def _in_groups(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Return what is of one day, kind and note together if it is more than a few."""

    def about(item: Item) -> tuple[str, ...]:
        of = f"{item.project}", f"{item.day}", f"{item.note}"
        return item.place, item.kind, *of, item.name.rpartition("/")[0]

    for _, group in groupby(sorted(items, key=about), about):
        of_group = _sorted(group)
        yield from [of_group] if len(of_group) > _FEW else [[item] for item in of_group]


def _row(*items: Item) -> tuple[str, ...]:
    first = items[0]
    size = sum(item.bytes or 0 for item in items)
    name = _shown(commonprefix([item.name for item in items]))
    name += f"…  {len(items):,} files" if len(items) > 1 else ""
    note = f"  ({_shown(first.note)})" if first.note else ""
    is_known = len(items) > 1 or first.bytes is not None
    return (
        first.place,
        first.kind,
        f"{size:,}" if is_known else "",
        first.project or "",
        name + note,
    )


def _table(rows: Sequence[Sequence[str]], right: set[int]) -> Iterator[str]:
    """Return aligned lines; the numbers are in the columns `right`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        aligned = (
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(cells)
        )
        yield "  ".join(aligned).rstrip()


def _shown(name: str) -> str:
    """Return a name that others can have chosen, without what a terminal would act on."""
    return name if name.isprintable() else ascii(name)[1:-1]
