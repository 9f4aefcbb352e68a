"""The faults that can strike a request; export_api/misbehaviour.py implements their kinds."""

from __future__ import annotations

from dataclasses import dataclass

from local.export_api import faults


@dataclass(frozen=True, kw_only=True)
class Fault(faults.Fault):
    """A kind of misbehaviour for requests whose path has this ending."""

    path: str = ""

    def matches(self, request: str) -> bool:  # type: ignore[override]
        """Return whether the fault applies to requests of this path."""
        return request.endswith(self.path)


FAULTS = {
    "status": Fault(),
    "unavailable": Fault(status=503, body="Service unavailable"),
    "not_found": Fault(status=404, body='{"error": "Not found"}'),
    "html": Fault(status=200, body=faults.HTML, content_type="text/html"),
    "redirect": Fault(kind="redirect", status=302, body=""),
    "damaged": Fault(kind="damaged_zip", path=".tgz"),
    "short": Fault(kind="short", path=".tgz", after=100),
    "reset": Fault(kind="reset", path=".tgz", after=100),
}
