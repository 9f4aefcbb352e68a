"""Devices, their traits, and the days on which they visit.

A returning device visits every `period` days; its number is its phase. The visitors of a day and
the day of their last visit are therefore plain arithmetic, without a simulated history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from local.export_api import world
from local.export_api.projects import DEFAULT, Project
from local.export_api.rhythm import FIRST_DAY, WEEKEND_SHARE, is_weekend

# Days between visits → share of a weekday's visits. The rest visits only once.
PERIODS = {1: 0.05, 2: 0.07, 5: 0.10, 7: 0.12, 17: 0.10, 31: 0.08, 90: 0.06, 211: 0.04}
ONCE_SHARE = 1 - sum(PERIODS.values())


@dataclass(frozen=True, slots=True)
class Device:
    """A browser on a machine. `period` is in days; None comes on `born` only."""

    number: int
    period: int | None
    born: date = FIRST_DAY
    project: Project = DEFAULT

    @property
    def key(self) -> str:
        """Return the seed of all random draws for the device; unique among devices."""
        return f"{self.project.seed}{self.period or self.born}/{self.number}"

    def comes_on(self, day: date) -> bool:
        """Return whether the device visits on `day`, given that its turn falls on it."""
        stays_in = is_weekend(day) and self.number * 37 % 100 >= 100 * WEEKEND_SHARE
        return self.project.day_share(day) > 0 and not stays_in

    def day_before(self, day: date) -> date | None:
        """Return the day of the last visit before `day`, or None if `day` is the first."""
        while self.period and day > FIRST_DAY:
            day -= timedelta(days=self.period)
            if self.comes_on(day):
                return day
        return None


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits that stay the same from visit to visit."""

    device_id: str
    amplitude_id: int
    user_id: str | None
    home: world.Place
    browser: world.Browser
    viewport: tuple[int, int]
    referrer: str


@lru_cache(maxsize=8192)
def traits(device: Device) -> Traits:
    """Return the device's traits, drawn from the device alone, so the same on every day."""
    rng = Random(f"traits/{device.key}")
    return Traits(
        device_id=new_id(rng),
        amplitude_id=rng.randrange(2**33, 2**40),
        user_id=_address(rng) if rng.random() < 0.12 else None,
        home=rng.choices(world.PLACES, world.PLACE_WEIGHTS)[0],
        browser=rng.choices(world.BROWSERS, world.BROWSER_WEIGHTS)[0],
        viewport=rng.choice(world.VIEWPORTS),
        referrer=rng.choices(world.REFERRERS, world.REFERRER_WEIGHTS)[0],
    )


def new_id(rng: Random) -> str:
    """Return a random UUID (version 4) from `rng`; uuid.UUID would take three times as long."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _address(rng: Random) -> str:
    return f"{rng.choice(world.PEOPLE)}{rng.randrange(100)}@example.co.uk"


def devices_on(day: date, visits: float, project: Project) -> Iterator[Device]:
    """Yield the devices that visit on `day`, when a normal weekday has `visits` visits."""
    for period, share in PERIODS.items():
        for number in range(-day.toordinal() % period, round(share * visits * period), period):
            device = Device(number, period, project=project)
            if device.comes_on(day):
                yield device
    for number in range(round(ONCE_SHARE * visits * project.day_share(day))):
        yield Device(number, None, day, project)
