"""One warehouse and one dbt for all tests: starting them takes longer than refilling them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transform.warehouse import Chain, started


@pytest.fixture(scope="session")
def chain(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Start the transform; a test first sets the content of the raw table."""
    with started(tmp_path_factory.mktemp("transform"), s3_endpoint, "amplitude-events") as running:
        yield running
