/*
what:   The session's parameters as they are in force, wherever they were set.
reads:  nothing
writes: nothing
re-run: safe.
*/
show parameters in session
