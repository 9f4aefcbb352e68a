"""What Snowflake's refusals mean, by error number, in words that lead to the fix.

Numbers from the connector's `errorcode` module and docs.snowflake.com ("Error codes").
"""

from __future__ import annotations

from datetime import timedelta

from snowflake.connector import errors as sf

from amplitude_export.errors import PipelineError, WarehouseRefused, WarehouseUnavailable

# A vanished session's locks are released after five idle minutes, if they block somebody.
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
    "external id (desc integration amplitude_s3 names both), and to be allowed to read the bucket. "
    "Has the external id changed? Run the DAG amplitude_setup with the one that the role asks for."
)
_REFUSED = {
    250001: _LOGIN,
    390100: _LOGIN,
    390101: "the user is disabled: alter user … set disabled = false, or name another one in the "
    "connection {connection}.",
    390144: _LOGIN
    + " The public key of this private key has to be set on the user (RSA_PUBLIC_KEY), or this "
    "machine's clock is more than a minute off.",
    390189: _LOGIN + " The role has to be granted to the user.",
    390195: _LOGIN,
    390197: _LOGIN + " The user is asked for a second factor: make it TYPE = SERVICE.",
    390422: "a network policy does not let this address in; add the workers' address to it.",
    606: "name a warehouse in the connection {connection} that the role may use.",
    2003: "run the DAG amplitude_setup; if it has run, check database, schema and role of the "
    "connection {connection}, and the role's grants.",
    2043: "run the DAG amplitude_setup; if it has run, check database, schema and role of the "
    "connection {connection}, and the role's grants.",
    3001: "grant the role of snowflake_default what the statement needs (docs/tables.md).",
    904: "a column is missing: run the DAG amplitude_setup, which adds those of a newer version; "
    "then compare the tables with docs/tables.md.",
    100069: "a file holds a line that Snowflake does not take for JSON; the message names file and "
    "line. Clear stage_window.export to ask Amplitude again.",
    3167: _TRUST,
    91003: _TRUST,
    91016: "a file is not in the bucket any more: clear stage_window.upload, or from "
    "stage_window.export on when the volume was cleaned up.",
}
# The set-up's own; the others are the same for every connection.
_REFUSED_ADMIN = {
    3001: "connect snowflake_admin with the role ACCOUNTADMIN; objects of a version before 0.3 "
    "have to be handed over to AMPLITUDE_OWNER first.",
}
_PASSING = {
    603: None,  # an internal error, of which support asks to try again
    604: None,  # the statement was cancelled
    625: LOCK_RETRY_AFTER,  # another transaction held the lock for too long
    630: None,  # the statement ran into its time limit
    90073: LOCK_RETRY_AFTER,  # the resource monitor's quota is used up
    390102: UNLOCKED_AFTER,
    # The session, or its token, is no more: perhaps after the commit, whose answer was lost.
    390111: None,
    390112: None,
    390114: None,
}


def warehouse_error(
    error: sf.Error, doing: str, connection: str = "snowflake_default"
) -> PipelineError:
    """The error that the connector's `error` stands for; `doing` names the act that failed.

    `connection` is the id of Airflow's connection, which the advice names.
    """
    number = error.errno or 0
    said = _said(error, doing)
    if number in _PASSING or _is_unreachable(error):
        return unfinished(error, doing, connection)
    if advice := _advice(error, connection):
        return WarehouseRefused(said, advice.format(connection=connection))
    if isinstance(error, sf.ProgrammingError):
        return WarehouseRefused(said, "the message says what the warehouse did not like.")
    return unfinished(error, doing, connection)


def _advice(error: sf.Error, connection: str) -> str | None:
    if isinstance(error, sf.ForbiddenError):
        return _LOGIN
    known = {**_REFUSED, **_REFUSED_ADMIN} if connection == "snowflake_admin" else _REFUSED
    return known.get(error.errno or 0)


def unfinished(
    error: sf.Error, doing: str, connection: str = "snowflake_default"
) -> WarehouseUnavailable:
    """The error of a warehouse that has not done what it was asked for, and may do it next time."""
    do = _NOTHING.format(connection=connection)
    return WarehouseUnavailable(_said(error, doing), do, _PASSING.get(error.errno or 0))


def _said(error: sf.Error, doing: str) -> str:
    return f"The warehouse failed to {doing}: {(error.msg or str(error)).strip()}"


_NOTHING = (
    "nothing if it passes: the day is as it was, or the retry replaces it. If it stays, check that "
    "the workers reach the account of the connection {connection}."
)


def _is_unreachable(error: sf.Error) -> bool:
    """The connector gives refused logins and lost connections the same number, 250001."""
    return isinstance(error, sf.OperationalError | sf.InterfaceError)
