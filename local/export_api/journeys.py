"""The acts of one visitor on the site, in order, without clock or device."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from local.export_api import world

BOUNCE_SHARE = 0.3
RAGE_SHARE = 0.03
# The longest duration of an act in ms; with MAX_ACTS it bounds the length of a visit.
LONGEST_GAP_MS = 90_000
MAX_ACTS = 60


class Act(NamedTuple):
    """An act, `gap_ms` after the one before; `counter` counts a visit's page views."""

    kind: str
    gap_ms: int
    page: world.Page
    element: world.Element | None = None
    counter: int = 0


def journey(rng: Random) -> Iterator[Act]:
    """Yield the acts of a visit; a bounce is the first two."""
    page = rng.choices(world.PAGES, world.PAGE_WEIGHTS)[0]
    yield Act("session_start", 0, page)
    yield Act("page", 4, page, counter=1)
    if rng.random() < BOUNCE_SHARE:
        return
    if rng.random() < 0.5:
        yield Act("click", _pause(rng, 3_000), page, world.ACCEPT)
    for counter in range(2, 3 + min(int(rng.expovariate(0.35)), 7)):
        yield from _acts_on(page, rng)
        page = rng.choices(world.PAGES, world.PAGE_WEIGHTS)[0]
        yield Act("page", _pause(rng, 15_000), page, counter=counter)


def _acts_on(page: world.Page, rng: Random) -> Iterator[Act]:
    if rng.random() < 0.3:
        yield from _menu(page, rng)
    if rng.random() < RAGE_SHARE:
        yield from _rage(page, rng)
    if page is world.CONTACT and rng.random() < 0.6:
        yield Act("form", _pause(rng, 20_000), page)
    if rng.random() < 0.7:
        yield Act("click", _pause(rng, 8_000), page, rng.choice(world.LINKS))


def _menu(page: world.Page, rng: Random) -> Iterator[Act]:
    """Open the menu and close it again, sometimes more than once."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        yield Act("click", _pause(rng, 5_000), page, world.OPEN_MENU)
        yield Act("click", _pause(rng, 2_500), page, world.CLOSE_MENU)


def _rage(page: world.Page, rng: Random) -> Iterator[Act]:
    element = rng.choice(world.DEAD)
    for _ in range(rng.randrange(4, 10)):
        yield Act("click", rng.randrange(90, 280), page, element)


def _pause(rng: Random, mean_ms: int) -> int:
    return min(200 + int(rng.expovariate(1 / mean_ms)), LONGEST_GAP_MS)
