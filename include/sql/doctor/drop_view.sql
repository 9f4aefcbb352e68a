/*
what:   Takes away what create_view.sql has made.
reads:  nothing
writes: the view, which is gone
re-run: safe.
*/
drop view if exists identifier(%(view)s)
