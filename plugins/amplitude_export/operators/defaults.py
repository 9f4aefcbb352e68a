"""What every task of the DAGs has in common."""

from __future__ import annotations

from typing import Any

from amplitude_export.operators.notices import say_where_to_look
from amplitude_export.operators.retries import RetryWhatCanPass

DEFAULT_ARGS: dict[str, Any] = {
    "retry_policy": RetryWhatCanPass(),
    "on_retry_callback": say_where_to_look,
    "on_failure_callback": say_where_to_look,
}
