"""The faults that can strike a request; misbehaviour.py implements their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.export_api.window import Window, parse_hour
from local.faults import BaseFault

TOO_LARGE = "The requested export is too large (over 4GB). Use a shorter time range."
NO_EVENTS = "Raw data files were not found."
NOT_FOUND = "<html><head><title>404 Not Found</title></head><body>nginx</body></html>"
HTML = "<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Log in</body></html>"
# An empty zip: the end record alone.
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


@dataclass(frozen=True, kw_only=True)
class Fault(BaseFault):
    """A kind of misbehaviour, the requests it applies to, and its extent."""

    kind: str = "status"
    # It applies to windows of more hours than this that hold this hour (YYYYMMDDTHH).
    above_hours: int = 0
    covers: str | None = None
    # The response of the kind "status"; "redirect" takes its Location from here.
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = "Internal server error"
    content_type: str = "text/plain; charset=utf-8"
    # Bytes of the body that are sent before a reset, short, cut or stall.
    after: int = 1000
    # Seconds of silence (stall, slow, hang), or between two bytes (drip).
    seconds: float = 60

    def __post_init__(self) -> None:
        if self.covers is not None:
            parse_hour(self.covers)

    def matches(self, request: Window) -> bool:
        """Return whether the fault applies to a request of this window, whatever times and rate."""
        if self.covers is not None and not request.covers(parse_hour(self.covers)):
            return False
        return request.hours > self.above_hours


FAULTS = {
    "status": Fault(),
    "too_many_requests": Fault(status=429, headers={"Retry-After": "1"}, body="Slow down"),
    "unavailable": Fault(status=503, body="Service unavailable"),
    "gateway_timeout": Fault(status=504, body="Gateway timeout"),
    "too_large": Fault(status=400, body=TOO_LARGE, times=None),
    "no_events": Fault(status=404, body=NO_EVENTS),
    "not_found": Fault(status=404, body=NOT_FOUND, content_type="text/html"),
    "html": Fault(status=200, body=HTML, content_type="text/html"),
    "json": Fault(status=200, body='{"error": "odd"}', content_type="application/json"),
    "empty_zip": Fault(status=200, body=EMPTY_ZIP, content_type="application/zip"),
    "damaged_zip": Fault(kind="damaged_zip"),
    "redirect": Fault(kind="redirect", status=302, body=""),
    "reset": Fault(kind="reset"),
    "short": Fault(kind="short"),
    "cut": Fault(kind="cut"),
    "drip": Fault(kind="drip", seconds=0.05),
    "stall": Fault(kind="stall"),
    "slow": Fault(kind="slow"),
    "hang": Fault(kind="hang"),
}
