"""The ids that users and other DAGs rely on, and Airflow's Variables, which are text."""

from __future__ import annotations

from amplitude_export.errors import BadSetting

# DAGs.
DAILY = "amplitude_to_snowflake"
TRANSFORM = "amplitude_transform"
SETUP = "amplitude_setup"
DOCTOR = "amplitude_doctor"
NETWORKS = "amplitude_ip_networks"
HOURLY = "amplitude_hourly"
RELOAD = "amplitude_reload"
SECOND_LOOK = "amplitude_second_look"
INVENTORY = "amplitude_inventory"

# Tasks whose states or results others read: of the daily DAG, the doctor, the inventory,
WAIT_FOR_DAY, PLAN_WINDOWS, LOAD = "wait_for_day", "plan_windows", "load"
DECOMPRESS, UPLOAD = "stage_window.decompress", "stage_window.upload"
RECORD_LEDGER = "record_ledger"
TAKE_INVENTORY = "take_inventory"
# and the second look.
COMPARE_AGAIN, LOAD_AGAIN = "look_again.compare", "look_again.load"

# Connections. The administrators' are for the set-up; with them the doctor also checks more.
AMPLITUDE, AWS, SNOWFLAKE = "amplitude_default", "aws_default", "snowflake_default"
AWS_ADMIN, SNOWFLAKE_ADMIN = "aws_admin", "snowflake_admin"
NPM = "npm_default"

# Variables.
BUCKET, DATA_DIR = "amplitude_bucket", "amplitude_data_dir"
WINDOW_HOURS = "amplitude_window_hours"
ARCHIVE_DAYS = "amplitude_archive_days"
LANDING_FORMAT = "amplitude_landing_format"
NOTICES = "amplitude_notices"
DEPLOYMENT = "amplitude_deployment"

# Assets, by name; `tasks/assets.py` has them as Airflow's objects.
LOADED, LEDGER_READ, NETWORKS_LOADED = "AMPLITUDE_RAW", "AMPLITUDE_LOADS", "IP_NETWORKS"
LOOKED_AGAIN, INVENTORY_TAKEN = "AMPLITUDE_SECOND_LOOK", "AMPLITUDE_INVENTORY"
HOURS_LOADED = "AMPLITUDE_PROVISIONAL"


def variable(name: str, default: str | int | None = None) -> str:
    """Return the template of a Variable: a task reads it when it runs, and no DAG file does.

    >>> variable("amplitude_window_hours", 24)
    "{{ var.value.get('amplitude_window_hours', '24') }}"
    """
    if default is None:
        return f"{{{{ var.value.{name} }}}}"
    return f"{{{{ var.value.get('{name}', '{default}') }}}}"


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
