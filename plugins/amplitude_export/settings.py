"""The ids that users and other DAGs rely on, and Airflow's Variables, which arrive as text."""

from __future__ import annotations

from amplitude_export.errors import BadSetting

# DAGs.
DAILY = "amplitude_to_snowflake"
TRANSFORM = "amplitude_transform"
SETUP = "amplitude_setup"
DOCTOR = "amplitude_doctor"
NETWORKS = "amplitude_ip_networks"

# Tasks of the daily DAG whose results others read.
DECOMPRESS, UPLOAD = "stage_window.decompress", "stage_window.upload"

# Connections. The administrators' are for the set-up; with them the doctor also sees more.
AMPLITUDE, AWS, SNOWFLAKE = "amplitude_default", "aws_default", "snowflake_default"
AWS_ADMIN, SNOWFLAKE_ADMIN = "aws_admin", "snowflake_admin"
NPM = "npm_default"

# Assets, by name; `tasks/assets.py` has them as Airflow's objects.
LOADED = "AMPLITUDE_RAW"


def whole_number(name: str, text: str) -> int:
    """Return the Variable `name` as a number of any range.

    Raises BadSetting for any other text.
    """
    try:
        return int(text)
    except ValueError as error:
        raise BadSetting(
            f"The Airflow Variable {name} is {text!r}, which is not a whole number.",
            "correct the Variable, or remove it to get the default.",
        ) from error
