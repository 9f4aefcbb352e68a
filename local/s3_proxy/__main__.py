"""`python -m local.s3_proxy`: print the address on stdout and serve until SIGTERM."""

from __future__ import annotations

import argparse
import signal

from local.s3_proxy.server import ProxyServer


def main() -> None:
    """Serve in the main thread until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m local.s3_proxy", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--s3-endpoint", required=True, help="http URL of the S3 behind it")
    arguments = parser.parse_args()
    # Nothing to save or close: both signals can end the process at any point.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    server = ProxyServer(arguments.port, arguments.s3_endpoint)
    print(f"ready {server.url}", flush=True)
    server.serve_forever()


main()
