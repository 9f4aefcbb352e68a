"""The guarantees hold in random orders of events; `make soak` tries thousands."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crashes.deployment import Deployment
from tests.crashes.orders import Orders, load_first_days

# The orders are the same every time, unless ORDERS sets another number.
EXAMPLES = int(os.environ.get("ORDERS", "15"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=5,
    derandomize="ORDERS" not in os.environ,
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


def test_any_order_of_runs_and_crashes_leaves_each_day_once(deployment: Deployment) -> None:
    """A step that fails states why, and leaves the table as it was."""
    Orders.deployment = deployment
    load_first_days(deployment)
    run_state_machine_as_test(Orders, settings=SETTINGS)
