"""The callbacks of deadlines that were queued under 0.5, where Airflow stored this path."""

from __future__ import annotations

from amplitude_export.notices.callbacks import notify_deadline as tell_of_lateness
from amplitude_export.notices.callbacks import notify_failure as tell_of_failure

__all__ = ["tell_of_failure", "tell_of_lateness"]
