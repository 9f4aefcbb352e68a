"""The stand-in as a child process, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.aws.account import Account
from local.forks import Fork


@contextmanager
def started(identities: Path, bucket: str = "") -> Iterator[Account]:
    """Start the stand-in, which writes its account to that file; it ends with the block.

    Without a bucket the account is empty but for its identities.
    """
    options = ["--bucket", bucket] if bucket else []
    process = Fork("local.aws", "--identities", str(identities), *options)
    try:
        if not process.ready_url():
            raise RuntimeError("The stand-in for AWS ended at once.")
        yield Account.load(identities)
    finally:
        process.end()
