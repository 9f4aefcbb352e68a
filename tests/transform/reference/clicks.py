"""Clicks, the clicked elements, and repeated clicks on the same element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

from tests.transform.reference.network import Seeds
from tests.transform.reference.order import seconds, units
from tests.transform.reference.pages import leads_to_itself, target_path
from tests.transform.reference.typed import Row, position, text

_TEXTS = {
    "element_tag": "[Amplitude] Element Tag",
    "element_id": "[Amplitude] Element ID",
    "element_text": "[Amplitude] Element Text",
    "element_label": "[Amplitude] Element Aria Label",
    "element_href": "[Amplitude] Element Href",
}
_NUMBERS = {
    "position_left": "[Amplitude] Element Position Left",
    "position_top": "[Amplitude] Element Position Top",
}
# Two clicks with the same values in all of these are on the same element.
_ELEMENT = ("page_path", *_TEXTS)

LONGEST_GAP = timedelta(seconds=10)
RUN = 3
RAGE = 4
RAGE_TIME = timedelta(seconds=1)
RAGE_PIXELS = 50


def clicks(events: Iterable[Row], seeds: Seeds) -> list[Row]:
    """Return all clicks, numbered in order within each session."""
    found = []
    counts: dict[str | None, int] = {}
    for event in events:
        if not event["is_click"]:
            continue
        key = event["session_key"]
        counts[key] = counts.get(key, 0) + 1
        number = counts[key] if key is not None else None
        found.append(event | _described(event, seeds) | {"click_number": number})
    return found


def _described(event: Row, seeds: Seeds) -> Row:
    properties = event["event_properties"]
    texts = {name: text(properties.get(source)) for name, source in _TEXTS.items()}
    caption = _caption(texts)
    word = (caption or "").lower()
    href = texts["element_href"]
    return {
        **texts,
        **{name: position(properties.get(source)) for name, source in _NUMBERS.items()},
        "clicked_at": event["event_time"],
        "caption": caption,
        "target_path": target_path(href),
        "is_same_page_link": leads_to_itself(href, event["page_url"], event["page_path"]),
        "opens_menu": word in seeds.opens_menu,
        "closes_menu": word in seeds.closes_menu,
    }


def _caption(texts: Row) -> str | None:
    """Return the element's text or label; a blank one counts as missing."""
    trimmed = ((texts[name] or "").strip() for name in ("element_text", "element_label"))
    return next((caption for caption in trimmed if caption), None)


def repeated_clicks(found: Iterable[Row]) -> list[Row]:
    """Return the runs of three or more clicks."""
    sessions = units(found, lambda click: click["session_key"])
    return [_repeated(run) for own in sessions.values() for run in _runs(own) if len(run) >= RUN]


def _runs(own: list[Row]) -> Iterator[list[Row]]:
    """Cut a session's clicks into the longest possible runs; clicks without a time are in none."""
    run: list[Row] = []
    for click in own:
        if click["clicked_at"] is None:
            continue
        if run and not _continues(run[-1], click):
            yield run
            run = []
        run.append(click)
    if run:
        yield run


def _continues(last: Row, click: Row) -> bool:
    same = all(last[name] == click[name] for name in _ELEMENT)
    return same and click["clicked_at"] - last["clicked_at"] <= LONGEST_GAP


def _repeated(run: list[Row]) -> Row:
    first, last = run[0]["clicked_at"], run[-1]["clicked_at"]
    fours = [run[start : start + RAGE] for start in range(len(run) - RAGE + 1)]
    return run[0] | {
        "first_clicked_at": first,
        "last_clicked_at": last,
        "clicks": len(run),
        "seconds": seconds(first, last),
        "is_rage_click": any(_is_rage(four) for four in fours),
    }


def _is_rage(four: list[Row]) -> bool:
    if four[-1]["clicked_at"] - four[0]["clicked_at"] >= RAGE_TIME:
        return False
    return all(_spread(four, axis) <= RAGE_PIXELS for axis in _NUMBERS)


def _spread(four: list[Row], axis: str) -> Decimal:
    known = [click[axis] for click in four if click[axis] is not None]
    return max(known) - min(known) if known else Decimal(0)
