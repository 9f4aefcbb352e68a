/*
what:   The schema of the raw events, which the connection snowflake_default names, and the two of
        the transform. A schema that is made becomes the session's, so that is said at the end.
reads:  nothing
writes: three schemas
re-run: changes nothing; all that is in them stays.
*/
create schema if not exists identifier(%(silver)s);
create schema if not exists identifier(%(gold)s);
create schema if not exists identifier(%(schema)s);
use schema identifier(%(schema)s)
