"""`make down`, after everything else that needs the stack."""

from __future__ import annotations

import psutil

from tests.system.checkout import Checkout


def test_down_leaves_no_process(up: Checkout) -> None:
    """Every process that `make up` started is gone, and a second down says that nothing runs."""
    parents = [psutil.Process(service["pid"]) for service in up.stack["services"]]
    children = [child for parent in parents for child in parent.children(recursive=True)]
    assert up.local("down").returncode == 0
    # Those that have ended stay listed until the system's first process has taken note of it.
    _, left = psutil.wait_procs(parents + children, timeout=10)
    assert left == []
