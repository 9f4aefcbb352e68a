"""`python -m local.packages`: serve until SIGTERM, having said where on stdout."""

from __future__ import annotations

import argparse
import signal

from local.packages.server import PackageServer


def main() -> None:
    """Serve in the main thread; returns only by a signal."""
    parser = argparse.ArgumentParser(prog="python -m local.packages", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments = parser.parse_args()
    # Nothing to save or to close: both signals may end the process where it stands.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    server = PackageServer(arguments.port)
    print(f"ready {server.url}", flush=True)
    server.serve_forever()


main()
