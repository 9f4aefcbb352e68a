"""What a container has and a process on this machine has not: a hostname of its own."""

from __future__ import annotations

import os


def of_container() -> str:
    """For AIRFLOW__CORE__HOSTNAME_CALLABLE; containers have it in the environment as well."""
    return os.environ["HOSTNAME"]
