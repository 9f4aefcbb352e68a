/*
what:   Asks for the right to make views in a schema.
reads:  nothing
writes: the view, which drop_view.sql drops
re-run: after drop_view.sql, also of what a look that died has left.
*/
create view identifier(%(view)s) as
select 1 as probe
