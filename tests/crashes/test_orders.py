"""The guarantees hold in random orders of events; `make soak` tries thousands."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crashes.deployment import Deployment
from tests.crashes.hours import OrdersWithHours
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


@pytest.fixture(scope="module")
def known(deployment: Deployment) -> Deployment:
    """The deployment with a loaded day of each project."""
    load_first_days(deployment)
    return deployment


def test_any_order_of_runs_and_crashes_leaves_each_day_once(known: Deployment) -> None:
    """A step that fails states why, and leaves the table as it was."""
    Orders.deployment = known
    run_state_machine_as_test(Orders, settings=SETTINGS)


def test_any_order_of_hourly_and_daily_runs_shows_each_event_once(known: Deployment) -> None:
    """The fresh view has a day as it was loaded, or its hours as they were exported last."""
    OrdersWithHours.deployment = known
    each_rule_once(OrdersWithHours())
    fewer = settings(SETTINGS, max_examples=EXAMPLES // 5)
    run_state_machine_as_test(OrdersWithHours, settings=fewer)


def each_rule_once(orders: OrdersWithHours) -> None:
    """Few random orders reach every rule in each state of a day."""
    orders.two_days()
    orders.no_hours()
    steps = (
        lambda: orders.an_hour_that_grows_later(0, 2),
        lambda: orders.a_killed_hourly_run(0, "load", 30),
        lambda: orders.a_late_hourly_run(0, 14, 7),
        lambda: orders.an_hour_that_grows_later(0, 2),
        lambda: orders.an_hourly_run(1, "json.gz"),
        lambda: orders.both_at_once(1),
    )
    for step in steps:
        step()
        orders.readers_see_each_event_once()
