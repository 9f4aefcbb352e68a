"""Start the stand-in like the launcher: in a process of its own, with IAM enforced."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.aws import Account
from tests.aws.callers import BUCKET

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Account]]:
    """Return a function that starts a stand-in with more options; it ends with the tests."""
    with ExitStack() as stack:

        def start(*options: str) -> Account:
            identities = tmp_path_factory.mktemp("aws") / "identities.json"
            command = [sys.executable, "-m", "local.aws", "--identities", str(identities), *options]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.terminate)
            assert process.stdout
            assert process.stdout.readline().startswith("ready http://127.0.0.1:")
            return Account.load(identities)

        yield start


@pytest.fixture(scope="module")
def empty_account(start: Callable[..., Account]) -> Account:
    """Return an account without any set-up, for one module."""
    return start()


@pytest.fixture(scope="session")
def account(start: Callable[..., Account]) -> Account:
    """Return an account with the stack deployed and trusted; tests undo their changes."""
    return start("--bucket", BUCKET)
