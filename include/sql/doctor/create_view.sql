/*
what:   Probes the privilege to create views in a schema.
reads:  nothing
writes: the view, which drop_view.sql drops
re-run: after drop_view.sql, which also drops the view that a killed check has left.
*/
create view identifier(%(view)s) as
select 1 as probe
