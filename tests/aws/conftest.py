"""Start the stand-in like the launcher: in a process of its own, with IAM enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local.aws import Account
from local.aws.process import started
from tests.aws.callers import BUCKET


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Account]]:
    """Return a function that starts a stand-in; it ends with the tests."""
    with ExitStack() as stack:

        def start(bucket: str = "") -> Account:
            identities = tmp_path_factory.mktemp("aws") / "identities.json"
            return stack.enter_context(started(identities, bucket))

        yield start


@pytest.fixture(scope="module")
def empty_account(start: Callable[..., Account]) -> Account:
    """Return an account without any set-up, for one module."""
    return start()


@pytest.fixture(scope="session")
def account(start: Callable[..., Account]) -> Account:
    """Return an account with the stack deployed and trusted; tests undo their changes."""
    return start(BUCKET)
