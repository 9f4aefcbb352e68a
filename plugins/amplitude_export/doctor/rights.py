"""Check that the loader has the rights of a load, each in a transaction that is rolled back."""

from __future__ import annotations

from amplitude_export.doctor import probe
from amplitude_export.doctor.objects import grant
from amplitude_export.doctor.runner import CheckRunner, Fault
from amplitude_export.doctor.trust import Trust
from amplitude_export.doctor.warehouse import RoleSession
from amplitude_export.errors import WarehouseRefused, WarehouseUnavailable
from amplitude_export.workspace import PREFIX

# Right, table, and the statement that needs it: the load's own if it changes no row of a real day.
_RIGHTS = (
    ("select", "amplitude_raw", "load/count_hours"),
    ("insert", "amplitude_raw", "doctor/probe_insert_event"),
    ("delete", "amplitude_raw", "load/delete_day"),
    ("select", "amplitude_loads", "load/select_ledger_hours"),
    ("insert", "amplitude_loads", "load/insert_ledger_hours"),
    ("update", "amplitude_loads", "second_look/set_verified"),
    ("delete", "amplitude_loads", "load/delete_ledger_day"),
    ("select", "amplitude_files", "load/select_files"),
    ("insert", "amplitude_files", "load/insert_files"),
    ("delete", "amplitude_files", "load/delete_files_day"),
    ("select", "amplitude_provisional", "warehouse/select_provisional_hours"),
    ("insert", "amplitude_provisional", "doctor/probe_insert_provisional"),
    ("delete", "amplitude_provisional", "load/delete_provisional_day"),
    ("update", "amplitude_lock", "doctor/probe_update_lock"),
    ("select", "ip_networks", "ip_networks/count_networks"),
    ("insert", "ip_networks", "doctor/probe_insert_network"),
    ("delete", "ip_networks", "doctor/probe_delete_network"),
)
_HOUR = {
    "hour": f"{probe.DAY:%Y-%m-%d} 00:00:00",
    "state": "empty",
    "files": 0,
    "events": 0,
    "bytes": 0,
    "quarantined": 0,
    "query_id": None,
    "exported_at": None,
    "replaced_events": None,
    "replaced_run_id": None,
    "project_id": "123456",
    # Of a second look.
    "compared_run_id": "doctor",
    "first_day": f"{probe.DAY:%Y-%m-%d}",
    "last_day": f"{probe.DAY:%Y-%m-%d}",
    # Of a file.
    "part": 0,
    "kind": "loaded",
    "key": probe.KEY,
    "crc32": None,
    "json_bytes": None,
    "json_crc32": None,
    "landing_format": "json",
    "loaded_at": f"{probe.DAY:%Y-%m-%d} 00:00:00",
}
# "Lock wait timed out". Snowflake checks the rights first, so that a locked table proves them.
_LOCKED = 625


def check_rights(runner: CheckRunner, loader: RoleSession, trust: Trust) -> None:
    """Run `snowflake.privileges` and `snowflake.copy`."""
    runner.run("snowflake.privileges", lambda: _rights(loader), needs=["snowflake.tables"])
    runner.run(
        "snowflake.copy",
        lambda: _copy(loader, trust),
        needs=["snowflake.privileges", "snowflake.file_format", "snowflake.list", "bucket.put"],
    )


def _rights(loader: RoleSession) -> str:
    loader.run("doctor/set_short_timeouts")
    refused = {
        f"{right} on table {table}": error.what
        for right, table, statement in _RIGHTS
        if (error := _refusal(loader, statement))
    }
    if refused:
        words = "; ".join(f"{right} ({what})" for right, what in refused.items())
        raise Fault(f"The role {loader.role} has no {words}", grant(refused, loader.role))
    return f"{loader.role} can read, insert, delete and lock as a load does (all rolled back)"


def _refusal(loader: RoleSession, statement: str) -> WarehouseRefused | None:
    """Return the error of a statement that Snowflake denies, or None.

    Each statement has its own transaction, because an error ends the one that it happens in.
    """
    try:
        with loader.rolled_back() as session:
            session.run(statement, **_HOUR)
    except WarehouseRefused as error:
        return error
    except WarehouseUnavailable as error:
        if getattr(error.__cause__, "errno", None) != _LOCKED:
            raise
    return None


def _copy(loader: RoleSession, trust: Trust) -> str:
    try:
        with loader.rolled_back() as session:
            rows = session.run("load/copy_files", files=[probe.KEY.removeprefix(PREFIX)])
            stage = session.stage
    except WarehouseRefused as refused:
        # The rights in Snowflake were checked a moment ago: it is the bucket that cannot be read.
        advice = trust.advice(loader.connect, refused.what)
        raise Fault(refused.what, advice or refused.do) from refused
    # A copy of no file returns one row with a status alone.
    copied = sum(
        int(row["rows_loaded"])
        for row in rows
        if "file" in row and stage.key_of(str(row["file"])) == probe.KEY
    )
    left = sum(row["EVENTS"] for row in loader.run("load/count_hours"))
    if copied != 1 or left:
        raise Fault(
            f"{copied} rows of {probe.KEY} were copied instead of 1; {left} remain after the "
            "rollback instead of 0",
            "find out what else writes to the bucket or to AMPLITUDE_RAW (export_day 1970-01-01).",
        )
    return f"1 row of {probe.KEY} was copied and rolled back"
