"""A hostname for each process, as each container has one."""

from __future__ import annotations

import os


def of_container() -> str:
    """Return HOSTNAME, for AIRFLOW__CORE__HOSTNAME_CALLABLE; containers set it as well."""
    return os.environ["HOSTNAME"]
