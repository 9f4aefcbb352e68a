"""Snowflake's errors by number, translated into the pipeline's errors with advice.

Numbers from the connector's `errorcode` module and docs.snowflake.com ("Error codes").
"""

from __future__ import annotations

import re
from datetime import timedelta

from snowflake.connector import errors as sf

from amplitude_export.errors import PipelineError, WarehouseRefused, WarehouseUnavailable
from amplitude_export.settings import SNOWFLAKE, SNOWFLAKE_ADMIN

# Snowflake aborts a transaction that has been idle for five minutes if its locks block another.
LOCK_RETRY_AFTER = timedelta(minutes=6)
# Too many failed logins lock a user for 15 minutes (PASSWORD_LOCKOUT_TIME_MINS by default).
UNLOCKED_AFTER = timedelta(minutes=16)

# `{connection}` is the id of the connection that failed.
_LOGIN = (
    "check login, key (or token), account and role of the connection {connection}. A service "
    "user logs in with a key pair, not with a password."
)
_TRUST = (
    "the role of the storage integration has to trust Snowflake's user under the integration's "
    "external id (desc integration amplitude_s3 shows both), and to be allowed to read the bucket. "
    "If the external id has changed, run the DAG amplitude_setup with the parameter external_id "
    "set to the one that the role requires."
)
_MISSING_OBJECT = (
    "run the DAG amplitude_setup; if it has run, check database, schema and role of the "
    "connection {connection}, and the role's grants."
)
_INVALID_JSON = 100069
# `Error parsing JSON: unknown keyword "…", pos 3`, before the lines that have file and line.
_REFUSED_TEXT = re.compile(r"(Error parsing JSON):.*?(?=\s+File '|\Z)", re.DOTALL)
_REFUSED = {
    250001: _LOGIN,
    251001: "correct account in the extra of the connection {connection}.",
    251005: "enter the login of the connection {connection}.",
    251006: "enter the password, or name a private key in the extra, of the connection "
    "{connection}.",
    251007: "correct authenticator in the extra of the connection {connection}.",
    251017: "correct workload_identity_provider in the extra of the connection {connection}.",
    390100: _LOGIN,
    390101: "the user is disabled: alter user … set disabled = false, or name another user in the "
    "connection {connection}.",
    390144: _LOGIN
    + " Either the public key of this private key is not set on the user (RSA_PUBLIC_KEY), or "
    "this machine's clock is more than a minute off.",
    390189: _LOGIN + " The role has to be granted to the user.",
    390195: _LOGIN,
    390197: _LOGIN + " The user is prompted for a second factor: set TYPE = SERVICE on it.",
    390422: "a network policy blocks this address; add the workers' address to the policy.",
    606: "name a warehouse in the connection {connection} that the role can use.",
    2003: _MISSING_OBJECT,
    2043: _MISSING_OBJECT,
    3001: "run the DAG amplitude_setup, which grants each role what it needs; docs/tables.md lists "
    "the privileges.",
    904: "a column is missing: run the DAG amplitude_setup, which adds the columns of a newer "
    "version; then compare the tables with docs/tables.md.",
    _INVALID_JSON: "Snowflake rejects a line of a file as JSON; the message names file and line. "
    "Clear stage_window.export to export the window again; in amplitude_ip_networks, clear fetch. "
    "If the line is still refused, load the day without it: trigger a run by hand with the "
    "parameter quarantine and a logical date that no run has, such as <day>T00:01:00Z.",
    3167: _TRUST,
    91003: _TRUST,
    91016: "a file has been removed from the bucket: clear stage_window.upload, or "
    "stage_window.export with everything downstream if the volume was cleaned up; in "
    "amplitude_ip_networks, clear load.",
}
# Only the set-up connects as administrator; its other advice is that of every connection.
_REFUSED_ADMIN = {
    3001: "connect snowflake_admin with the role ACCOUNTADMIN; objects that a version before 0.3 "
    "created have to be transferred to AMPLITUDE_OWNER first.",
}
_TRANSIENT = {
    603: None,  # an internal error; Snowflake's support recommends a retry
    604: None,  # the statement was cancelled
    625: LOCK_RETRY_AFTER,  # another transaction held the lock for longer than LOCK_TIMEOUT
    630: None,  # the statement exceeded its time limit
    90073: LOCK_RETRY_AFTER,  # the resource monitor's quota is used up
    390102: UNLOCKED_AFTER,
    # The session or its token has expired, possibly after a commit whose response was lost.
    390111: None,
    390112: None,
    390114: None,
}


def warehouse_error(error: sf.Error, doing: str, connection: str = SNOWFLAKE) -> PipelineError:
    """Return the pipeline's error for an `error` of the connector.

    `doing` is the action that failed, such as "copy files"; `connection` is the id of the Airflow
    connection that the advice names.
    """
    number = error.errno or 0
    what = _what(error, doing)
    if number in _TRANSIENT or _is_unreachable(error):
        return unfinished(error, doing, connection)
    if advice := _advice(error, connection):
        return WarehouseRefused(what, advice.format(connection=connection))
    if isinstance(error, sf.ProgrammingError):
        return WarehouseRefused(what, "act on Snowflake's message.")
    return unfinished(error, doing, connection)


def _advice(error: sf.Error, connection: str) -> str | None:
    if isinstance(error, sf.ForbiddenError):
        return _LOGIN
    known = {**_REFUSED, **_REFUSED_ADMIN} if connection == SNOWFLAKE_ADMIN else _REFUSED
    return known.get(error.errno or 0)


def is_invalid_json(error: WarehouseRefused) -> bool:
    """Return True if Snowflake refused a value of a file as JSON."""
    return getattr(error.__cause__, "errno", None) == _INVALID_JSON


def unfinished(error: sf.Error, doing: str, connection: str = SNOWFLAKE) -> WarehouseUnavailable:
    """Return the error for an action that did not complete, and can succeed on the next try."""
    do = _WAIT_FOR.get(error.errno or 0, _WAIT).format(connection=connection)
    return WarehouseUnavailable(_what(error, doing), do, _TRANSIENT.get(error.errno or 0))


def _what(error: sf.Error, doing: str) -> str:
    # What Snowflake has refused is a part of an event, which the log alone shows.
    message = _REFUSED_TEXT.sub(r"\1.", (error.msg or str(error)).strip())
    return f"Snowflake failed to {doing}: {message}"


_WAIT = (
    "wait for the retry: nothing was committed, or the retry replaces it. If the error persists, "
    "check that the workers reach the account of the connection {connection}."
)
_WAIT_FOR = {
    625: "wait for the retry. If the error persists, `show locks` names the transaction that holds "
    "the lock.",
    90073: "raise the credit quota of the resource monitor, or wait until it is reset.",
    390102: "wait for the retry, and find out in the login history who failed to log in as the "
    "user of the connection {connection}.",
}


def _is_unreachable(error: sf.Error) -> bool:
    """Tell lost connections from refused logins: the connector numbers both 250001."""
    return isinstance(error, sf.OperationalError | sf.InterfaceError)
