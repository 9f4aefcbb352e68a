"""The faults that a request can meet; what their kinds do stands in export_api/misbehaviour.py."""

from __future__ import annotations

from dataclasses import dataclass

from local.export_api import faults


@dataclass(frozen=True, kw_only=True)
class Fault(faults.Fault):
    """A kind of misbehaviour for requests whose path ends like this."""

    path: str = ""

    def matches(self, request: str) -> bool:  # type: ignore[override]
        """Whether the fault is for requests of this path."""
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
