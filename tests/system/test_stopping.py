"""`make down`, after all other tests of the stack."""

from __future__ import annotations

import psutil

from tests.system.checkout import Checkout


def test_down_leaves_no_process(up: Checkout) -> None:
    """Every process of `make up` has ended."""
    parents = [psutil.Process(service["pid"]) for service in up.stack["services"]]
    children = [child for parent in parents for child in parent.children(recursive=True)]
    assert up.local("down").returncode == 0
    # Ended processes stay listed until the system's first process has reaped them.
    _, alive = psutil.wait_procs(parents + children, timeout=10)
    assert alive == []
