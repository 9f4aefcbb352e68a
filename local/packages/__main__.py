"""`python -m local.packages`: print the address on stdout and serve until SIGTERM."""

from __future__ import annotations

import argparse
import signal

from local.packages.server import PackageServer


def main() -> None:
    """Serve in the main thread until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m local.packages", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments = parser.parse_args()
    # Nothing to save or close: both signals can end the process at any point.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    server = PackageServer(arguments.port)
    print(f"ready {server.url}", flush=True)
    server.serve_forever()


main()
