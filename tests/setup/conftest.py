"""An AWS account and a Snowflake account, empty or joined, with connections to both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from amplitude_export.tasks import retries

from local.aws import Account
from local.aws.process import started
from tests.setup.accounts import (
    NOTHING_GIVEN,
    WORKER,
    Accounts,
    both_accounts,
    set_up,
)


@pytest.fixture(autouse=True)
def _no_pause_before_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep `dag.test()` from sleeping until the retry."""
    monkeypatch.setattr(retries, "FIRST_DELAY", timedelta(0))


@pytest.fixture(scope="session", autouse=True)
def _quick_clients(nameless_callers: None) -> None:
    """Make clients faster: each step makes its own."""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Account]:
    """An account that contains only its identities."""
    with started(tmp_path / "aws.json") as account:
        yield account


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    """Both accounts, empty, with connections for daily runs and both administrators."""
    with both_accounts(tmp_path) as made:
        made.connect(monkeypatch)
        yield made


@pytest.fixture(scope="module")
def _untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    with both_accounts(tmp_path_factory.mktemp("untouched")) as made:
        yield made


@pytest.fixture
def untouched(_untouched: Accounts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    """Like `accounts`, shared by tests that leave both empty."""
    _untouched.connect(monkeypatch)
    yield _untouched
    assert _untouched.stacks() == []
    assert _untouched.run("show integrations") == []


@pytest.fixture(scope="module")
def _joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    with both_accounts(tmp_path_factory.mktemp("joined")) as made:
        with pytest.MonkeyPatch.context() as patch:
            made.connect(patch)
            set_up({**NOTHING_GIVEN, **WORKER, "external_id": "chosen-by-hand"})
        yield made


@pytest.fixture
def both_joined(_joined: Accounts, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Both accounts, joined with a chosen external id; tests leave them joined."""
    _joined.connect(monkeypatch)
    return _joined
