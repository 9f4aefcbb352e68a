"""Journeys: the pages of a session in order, and the signs of a visitor who is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from tests.transform.reference.order import seconds, units
from tests.transform.reference.typed import Row


def journey_steps(events: Iterable[Row]) -> list[Row]:
    """Return the steps of all sessions; a view of a page without a name is not a step."""
    views = [e for e in events if e["is_page_view"] and e["page_path"] is not None]
    sessions = units(views, lambda view: view["session_key"])
    return [step for own in sessions.values() for step in _steps(own)]


def _steps(views: list[Row]) -> list[Row]:
    found = []
    for number, (_, group) in enumerate(groupby(views, lambda view: view["page_path"]), 1):
        reloads = list(group)
        step = {"step": number, "views": len(reloads), "viewed_at": reloads[0]["event_time"]}
        found.append(reloads[0] | step | {"seconds": None})
    for step, following in pairwise(found):
        step["seconds"] = seconds(step["viewed_at"], following["viewed_at"])
    return found


def journeys(steps: Iterable[Row]) -> list[Row]:
    """Return a row for each session with a page view."""
    return [_journey(own) for own in units(steps, lambda step: step["session_key"]).values()]


def _journey(steps: list[Row]) -> Row:
    paths = [step["page_path"] for step in steps]
    return {
        "session_key": steps[0]["session_key"],
        "device_key": steps[0]["device_key"],
        "started_at": steps[0]["viewed_at"],
        "steps": len(steps),
        "page_views": sum(step["views"] for step in steps),
        "path": " > ".join(paths[:1000]),
        "entry_page": paths[0],
        "exit_page": paths[-1],
    }


def menu_confusion(events: Iterable[Row], clicks: Iterable[Row], steps: Iterable[Row]) -> list[Row]:
    """Return all signs of all sessions."""
    inside = [click for click in clicks if click["session_key"] is not None]
    links = [
        _sign(click, "link_to_same_page", click["caption"])
        for click in inside
        if click["is_same_page_link"]
    ]
    sessions = units(steps, lambda step: step["session_key"])
    back = [sign for own in sessions.values() for sign in _back_and_forth(own)]
    return [*links, *back, *_opened_and_closed(events, inside)]


def _back_and_forth(steps: list[Row]) -> Iterator[Row]:
    for before, between, step in zip(steps, steps[1:], steps[2:], strict=False):
        if before["page_path"] == step["page_path"]:
            yield _sign(step, "back_and_forth", between["page_path"])


def _opened_and_closed(events: Iterable[Row], inside: list[Row]) -> Iterator[Row]:
    known = {(click["device_key"], click["uuid"]): click for click in inside}
    actions = [event for event in events if event["is_click"] or event["is_page_view"]]
    for own in units(actions, lambda action: action["session_key"]).values():
        for before, action in pairwise(own):
            opened = known.get((before["device_key"], before["uuid"]))
            closed = known.get((action["device_key"], action["uuid"]))
            if opened and closed and opened["opens_menu"] and closed["closes_menu"]:
                yield _sign(closed, "opened_and_closed", closed["caption"])


def _sign(event: Row, sign: str, detail: str | None) -> Row:
    return event | {"sign": sign, "detail": detail, "happened_at": event["event_time"]}
