"""One warehouse and one dbt for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transform.warehouse import Chain, started


@pytest.fixture(scope="module")
def chain(s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The transform on an empty warehouse."""
    with started(tmp_path_factory.mktemp("transform"), s3_endpoint, "amplitude-events") as running:
        yield running
