/*
what:   Lets the rest of the session wait three seconds for a lock; a load waits minutes.
reads:  nothing
writes: the session's parameters
re-run: the same value again.
*/
alter session set lock_timeout = 3
