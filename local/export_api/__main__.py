"""`python -m local.export_api`: print the address on stdout and serve until SIGTERM."""

from __future__ import annotations

import argparse
import signal

from local.export_api.export import EVENTS_PER_DAY, Export
from local.export_api.projects import PROJECTS
from local.export_api.server import ExportServer


def main() -> None:
    """Serve in the main thread until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m local.export_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--events-per-day", type=int, default=EVENTS_PER_DAY)
    arguments = parser.parse_args()
    # Nothing to save or close: both signals can end the process at any point.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    exports = [Export(arguments.events_per_day, project) for project in PROJECTS]
    server = ExportServer(arguments.port, exports)
    print(f"ready {server.url}", flush=True)
    server.serve_forever()


main()
