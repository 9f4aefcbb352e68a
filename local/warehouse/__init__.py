"""A Snowflake-compatible warehouse on this machine: fakesnow's server (DuckDB) with what it lacks.

The additions that the project's SQL needs, a module each:

    serving.py       the process, from its command line to its end
    server.py        Snowflake's wire protocol: errors as Snowflake's, slow queries polled
    queries.py       the queries in progress: polled, cancelled, requested again
    sessions.py      the open sessions
    faults.py        failures on demand, implemented by misbehaviour.py
    connection.py    one session: each statement goes to the module that runs it
    parsing.py       statements as trees, each parsed once
    transactions.py  begin, commit, rollback, abort on error; read committed
    locks.py         table locks that wait, time out, and end with a vanished client
    access/          roles, users, grants, logins
    definitions.py   CREATE and DROP: existing objects and ownership
    objects.py       storage integrations (integrations.py) and external stages (stages.py)
    trust.py         the role of an integration, assumed over STS
    file_formats.py  the statements on file formats that fakesnow lacks
    context.py       current_role() and the like
    copy_into.py     COPY INTO a table from an S3 stage, with the metadata columns
    staged.py        SELECT from the files of an S3 stage, as text
    store.py         the DuckDB files that hold all state across restarts

README.md lists where it differs from Snowflake.
"""

from __future__ import annotations

from local.warehouse.process import Warehouse

# Snowflake's own IAM user, which assumes the roles of storage integrations.
SNOWFLAKE_USER_ARN = "arn:aws:iam::123456789012:user/externalstages/snowflake"

__all__ = ["SNOWFLAKE_USER_ARN", "Warehouse"]
