"""A Snowflake-compatible warehouse on this machine: fakesnow's server (DuckDB) with what it lacks.

What the project's SQL needs beyond stock fakesnow, a room each:

    serving.py       the process, from its command line to its end
    server.py        Snowflake's wire protocol: errors as Snowflake's, slow queries polled
    queries.py       the queries under way: polled, cancelled, asked for again
    sessions.py      who is logged in
    faults.py        what goes wrong when a test asks for it; misbehaviour.py says how
    connection.py    one session: each statement goes to the room that knows it
    transactions.py  begin, commit, rollback, abort on error; read committed
    locks.py         table locks that wait, time out, and outlive no vanished client
    access/          roles, users, grants, logins: who may do what
    definitions.py   CREATE and DROP: what is there already, and whose it is then
    objects.py       storage integrations (integrations.py) and external stages (stages.py)
    trust.py         the role of an integration, assumed over STS
    file_formats.py  what fakesnow lacks of file formats
    context.py       current_role() and its like
    copy_into.py     COPY INTO a table from an S3 stage, with the metadata columns
    store.py         the DuckDB files that keep everything across restarts

README.md lists where it differs from Snowflake.
"""

from __future__ import annotations

from local.warehouse.process import Warehouse

# Snowflake's own IAM user, which assumes the roles of storage integrations.
SNOWFLAKE_USER_ARN = "arn:aws:iam::123456789012:user/externalstages/snowflake"

__all__ = ["SNOWFLAKE_USER_ARN", "Warehouse"]
