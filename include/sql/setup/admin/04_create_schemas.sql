/*
what:   The schema of the raw events, which the connection snowflake_default names, and the two of
        the transform. A new schema becomes the session's, so the last statement sets it back.
reads:  nothing
writes: three schemas
re-run: changes nothing; their content stays.
*/
create schema if not exists identifier(%(silver)s);
create schema if not exists identifier(%(gold)s);
create schema if not exists identifier(%(schema)s);
use schema identifier(%(schema)s)
