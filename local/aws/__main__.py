"""`python -m local.aws --identities FILE [--port 0] [--bucket NAME]` serves the stand-in.

Prints `ready http://127.0.0.1:PORT` once FILE holds the account. Without a bucket the account is
empty but for its identities; with one the project's stack is deployed. All state is lost
when the process ends.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from local.aws.deployment import deploy
from local.aws.server import start


def main() -> None:
    """Read the command line and serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m local.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket")
    parser.add_argument("--identities", type=Path, required=True)
    options = parser.parse_args()
    account = start(options.port)
    if options.bucket:
        account = deploy(account, options.bucket)
    account.save(options.identities)
    print(f"ready {account.endpoint}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
