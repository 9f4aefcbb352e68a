/*
what:   Drops the view that create_view.sql has created.
reads:  nothing
writes: the view, which is dropped
re-run: safe.
*/
drop view if exists identifier(%(view)s)
