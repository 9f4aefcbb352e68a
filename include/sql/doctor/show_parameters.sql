/*
what:   The session's parameters in force, at whatever level they were set.
reads:  nothing
writes: nothing
re-run: safe.
*/
show parameters in session
