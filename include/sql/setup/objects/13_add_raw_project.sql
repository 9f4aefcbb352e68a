/*
what:   Adds the project to the events of version 0.6 and earlier, which are those of `default`. It
        rewrites nothing. Snowflake does not combine `if not exists` with a default.
reads:  nothing
writes: table amplitude_raw (its columns)
re-run: left out.
*/
alter table identifier(%(raw_without_project)s)
add column project varchar not null default 'default'
