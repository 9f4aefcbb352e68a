"""Waits until Snowflake can list the stage: AWS needs up to a minute for a new trust."""

from __future__ import annotations

import logging
import time

from amplitude_export.errors import StageNotAccessible, WarehouseRefused
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import PREFIX

log = logging.getLogger(__name__)

# IAM is eventually consistent: in practice it takes seconds, but AWS names no limit.
PATIENCE_SECONDS = 180
PAUSE_SECONDS = 5
# Snowflake's numbers for a role that it cannot assume and for a bucket that the role cannot read.
# Waiting does not help with any other error, such as a refused login.
_NOT_YET = (3167, 91003)


def wait_for_stage(connect: Connect, patience: float = PATIENCE_SECONDS) -> int:
    """Return the number of objects that the stage lists; retry for `patience` seconds.

    Raises StageNotAccessible with Snowflake's last error, WarehouseRefused for an error that is not
    about the trust, and WarehouseUnavailable.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _listed(connect)
        except WarehouseRefused as refused:
            if getattr(refused.__cause__, "errno", None) not in _NOT_YET:
                raise
            if time.monotonic() + PAUSE_SECONDS > deadline:
                raise StageNotAccessible(
                    f"Snowflake cannot list the stage, even after {patience:.0f} s. {refused.what}",
                    "if a step of this run was rendered, have the administrator run its text, then "
                    f"run amplitude_setup again. Otherwise: {refused.do}",
                ) from refused
            log.info("The stage cannot be listed yet: %s", refused.what)
        time.sleep(PAUSE_SECONDS)


def _listed(connect: Connect) -> int:
    with Session.opened(connect) as session:
        return len(session.listed(PREFIX))
