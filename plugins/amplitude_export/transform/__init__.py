"""From AMPLITUDE_RAW to answers: the dbt project in include/dbt, run in dbt's own environment."""

from __future__ import annotations

# The DAG's id.
TRANSFORM = "amplitude_transform"
