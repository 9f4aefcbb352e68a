"""One warehouse and one dbt for all: to start them takes longer than to fill them anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transform.warehouse import Chain, started


@pytest.fixture(scope="session")
def chain(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The transform; a test says first what the raw table is to hold."""
    with started(tmp_path_factory.mktemp("transform"), s3_endpoint, "amplitude-events") as running:
        yield running
