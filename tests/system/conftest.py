"""One running Airflow for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.system.checkout import TRANSFORM, Checkout


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """`make up` in a copy of the project: DAYS and APP_DAYS, loaded by two backfills."""
    checkout = Checkout.copied_to(tmp_path_factory.mktemp("checkout"))
    try:
        started = checkout.local("up")
        assert started.returncode == 0, started.stdout
        # Further loads would each be transformed beside the tests.
        checkout.airflow.pause(TRANSFORM, paused=True)
        yield replace(checkout, welcome=started.stdout)
    finally:
        checkout.local("down")
