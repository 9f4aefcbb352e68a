"""The two property objects of an event, with names and quirks of the browser SDK."""

from __future__ import annotations

from urllib.parse import urlsplit

from local.export_api.devices import Traits
from local.export_api.visits import Step
from local.export_api.world import DOMAIN, Element

Properties = dict[str, object]

EVENT_TYPES = {
    "session_start": "session_start",
    "session_end": "session_end",
    "page": "[Amplitude] Page Viewed",
    "click": "[Amplitude] Element Clicked",
    "form": "[Amplitude] Form Submitted",
}
# The SDK's order of first-touch properties; it writes "EMPTY" for null.
_FIRST_TOUCH = """
    utm_medium referring_domain utm_content utm_campaign twclid li_fat_id gclid utm_source dclid
    wbraid fbclid rtd_cid utm_id referrer gbraid utm_term msclkid ttclid ko_click_id
"""
_INITIAL: Properties = {f"initial_{name}": "EMPTY" for name in _FIRST_TOUCH.split()}
# Class attributes keep the template's line breaks, as the SDK sends them.
_CLASS = (
    "ctabtn rounded-full \n                        cursor-pointer\n                        px-8"
)
_ANCESTORS = (
    {"classes": ["absolute", "£top-0", "z-40"], "index": 0, "tag": "header", "indexOfType": 0},
    {"prevSib": "head", "index": 1, "tag": "body", "indexOfType": 0},
)


def event_properties(step: Step, known: Traits) -> Properties:
    """Return the SDK's properties of the act; none for the start and the end of a session."""
    act = step.act
    if act.element is not None:
        return _click(step, act.element, known)
    if act.kind == "page":
        return _page(step, known)
    if act.kind == "form":
        return _form(step, known)
    return {}


def user_properties(known: Traits, kind: str) -> Properties:
    """Return the first referrer and, except for forms, the latest one."""
    if not known.referrer:
        return _INITIAL
    latest: Properties = {"referrer": known.referrer, "referring_domain": _domain(known.referrer)}
    initial = {f"initial_{name}": value for name, value in latest.items()}
    return _INITIAL | initial | ({} if kind == "form" else latest)


def _page(step: Step, known: Traits) -> Properties:
    page = step.act.page
    first_view = {"referrer": known.referrer, "referring_domain": _domain(known.referrer)}
    return {
        "[Amplitude] Page URL": page.url,
        **(first_view if step.act.counter == 1 and known.referrer else {}),
        "[Amplitude] Page Counter": step.act.counter,
        "[Amplitude] Page Domain": DOMAIN,
        "[Amplitude] Page Path": page.path,
        "[Amplitude] Page Title": page.title,
        "[Amplitude] Page Location": page.url,
    }


def _click(step: Step, element: Element, known: Traits) -> Properties:
    width, height = known.viewport
    return {
        "[Amplitude] Page URL": step.act.page.url,
        "[Amplitude] Element Position Left": element.left,
        **({"[Amplitude] Element Href": element.href} if element.href else {}),
        "[Amplitude] Element Hierarchy": _hierarchy(element),
        "[Amplitude] Element Tag": element.tag,
        "[Amplitude] Element Position Top": element.top,
        "[Amplitude] Page Title": step.act.page.title,
        "[Amplitude] Element Class": _CLASS,
        **({"[Amplitude] Element Text": element.text} if element.text else {}),
        "[Amplitude] Viewport Height": height,
        "[Amplitude] Viewport Width": width,
    }


def _hierarchy(element: Element) -> list[Properties]:
    clicked: Properties = {
        "prevSib": element.tag,
        "classes": ["-m-2.5", "inline-flex", "cursor-pointer"],
        "index": element.left % 5,
        "tag": element.tag,
        "indexOfType": 1,
        "attrs": {"href": element.href} if element.href else {"type": element.tag},
    }
    return [clicked, *_ANCESTORS]


def _form(step: Step, known: Traits) -> Properties:
    """Return a form whose names differ by case only or hold dots, brackets, spaces; an address."""
    place = step.visit.place
    return {
        "[Amplitude] Form ID": "newsletter",
        "[Amplitude] Page URL": f"{step.act.page.url}?mc_u={known.user_id or ''}&x=1",
        "City": place.city,
        "city": (place.city or "").lower(),
        "form.fields[0].value": "news & events",
        'Company "size" (est.)': "10–49",
    }


def _domain(url: str) -> str:
    return urlsplit(url).netloc
