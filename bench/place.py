"""The parameters of a measured stage: its folder and the servers that it talks to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

BUCKET = "bench"
STAGES = ("download", "unpack", "upload")


@dataclass(frozen=True)
class Step:
    """One stage of one side: "naive" or "ours", landing "json" or "json.gz".

    `latency` is how long each request to S3 waits, in seconds.
    """

    stage: str
    side: str
    landing: str = "json"
    latency: float = 0.0

    def __str__(self) -> str:
        waits = f" at {self.latency * 1000:.0f} ms" if self.latency else ""
        return f"{self.stage}{waits}, {self.side} {self.landing}"


@dataclass(frozen=True)
class Place:
    """The place of a step: its folder, the landing format, and the base URLs of both servers."""

    data: str
    landing: str
    amplitude: str
    s3: str

    @property
    def folder(self) -> Path:
        """The side's own folder."""
        return Path(self.data)

    def dump(self) -> str:
        """Return the place as a command-line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, argument: str) -> Place:
        """Return the place that `dump` wrote."""
        return cls(**json.loads(argument))
