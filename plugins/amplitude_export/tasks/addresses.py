"""Addresses in Airflow's UI."""

from __future__ import annotations

from airflow.sdk.configuration import conf


def base_url() -> str:
    """Return `[api] base_url`, with its path prefix and without a slash at the end."""
    return str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/")
