"""Waits until Snowflake can list the stage: a new trust takes AWS some seconds, or a minute."""

from __future__ import annotations

import logging
import time

from amplitude_export.errors import StageNotAccessible, WarehouseRefused
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import PREFIX

log = logging.getLogger(__name__)

# IAM is eventually consistent; AWS names no bound, in practice it is seconds.
PATIENCE_SECONDS = 180
PAUSE_SECONDS = 5
# What Snowflake says of a role that it may not assume, and of a bucket that the role may not read;
# everything else, such as a login that is refused, is not mended by waiting.
_NOT_YET = (3167, 91003)


def wait_for_stage(connect: Connect, patience: float = PATIENCE_SECONDS) -> int:
    """Returns how many objects the stage lists; tries again for `patience` seconds.

    Raises StageNotAccessible with Snowflake's last error, WarehouseRefused for what no trust fixes,
    and WarehouseUnavailable.
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
                    f"Snowflake cannot list the stage after {patience:.0f} s. {refused.what}",
                    refused.do,
                ) from refused
            log.info("Not yet: %s", refused.what)
        time.sleep(PAUSE_SECONDS)


def _listed(connect: Connect) -> int:
    with Session.opened(connect) as session:
        return len(session.listed(PREFIX))
