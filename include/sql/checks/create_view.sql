/*
what:   Asks for the right to make views in a schema.
reads:  nothing
writes: the view, which drop_view.sql drops
re-run: replaces what a look that died has left.
*/
create or replace view identifier(%(view)s) as
select 1 as probe
