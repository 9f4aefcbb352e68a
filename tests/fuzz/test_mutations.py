"""Mutated archives raise the pipeline's own errors alone; `make soak` tries others for a minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import KINDS, passes

# Seeds that once raised another error: offsets in front of the file, a member without a name,
# headers that zipfile doesn't read; and the first ones of all.
FOUND = {
    "zip": (105, 204, 218, 227, 229, 283, 293, 402, 418, 422, 444, 476, 1066, 1303, 1337, 1493),
    "tarball": (),
}
FIRST = 60


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", KINDS)
def test_no_archive_raises_anything_but_the_pipelines_own_errors(kind: str, tmp_path: Path) -> None:
    """Export, unpacking, `verify` and the package of IP networks read each of them."""
    assert [
        seed for seed in (*FOUND[kind], *range(FIRST)) if not passes(kind, seed, tmp_path)
    ] == []
