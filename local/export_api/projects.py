"""The projects that the stand-in serves, each by its own keys.

The keys are obviously not secrets, and easy to find in a log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from local.export_api.rhythm import FIRST_DAY, SAMPLE_DAY, weekday_share


# Hashed with every device, so by its identity.
@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """A project at Amplitude: `number` is its id there, `share` its part of the server's events.

    `has_sample`: SAMPLE_DAY is the archive in local/samples, so no visits are generated.
    """

    name: str
    number: int
    share: float
    api_key: str
    secret_key: str
    has_sample: bool = False

    @property
    def seed(self) -> str:
        """Return a prefix of all seeds: no two projects share a device, an event or an id."""
        return "" if self is DEFAULT else f"{self.name}/"

    def day_share(self, day: date) -> float:
        """Return a day's volume as a share of a normal weekday's; 0 where nothing is generated."""
        if day < FIRST_DAY or (self.has_sample and day == SAMPLE_DAY):
            return 0.0
        return weekday_share(day)


DEFAULT = Project(
    "default",
    number=123456,
    share=1,
    api_key="local-stand-in-api-key",
    secret_key="local-stand-in-secret-key",  # noqa: S106
    has_sample=True,
)
APP = Project(
    "app",
    number=234567,
    share=0.1,
    api_key="local-stand-in-app-api-key",
    secret_key="local-stand-in-app-secret-key",  # noqa: S106
)
PROJECTS = (DEFAULT, APP)
API_KEY, SECRET_KEY = DEFAULT.api_key, DEFAULT.secret_key
