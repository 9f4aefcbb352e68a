/*
what:   Adds the project to the ledger of version 0.6 and earlier, whose rows are those of
        `default`. It rewrites nothing. Snowflake does not combine `if not exists` with a default.
reads:  nothing
writes: table amplitude_loads (its columns)
re-run: left out.
*/
alter table identifier(%(loads_without_project)s)
add column project varchar not null default 'default'
