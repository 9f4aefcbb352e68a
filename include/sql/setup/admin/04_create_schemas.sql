/*
what:   The schema of the raw events, which the connection snowflake_default names, and the two of
        the transform, which have managed access: the transformer owns their tables, and cannot
        grant them to others. A new schema becomes the session's, so the last statement sets it
        back.
reads:  nothing
writes: three schemas
re-run: changes nothing; their content and grants stay.
*/
create schema if not exists identifier(%(silver)s);
create schema if not exists identifier(%(gold)s);
alter schema identifier(%(silver)s) enable managed access;
alter schema identifier(%(gold)s) enable managed access;
create schema if not exists identifier(%(schema)s);
use schema identifier(%(schema)s)
