/*
what:   Takes the rights of the user's other roles from the session: the login's role alone decides.
reads:  nothing
writes: the session's secondary roles
re-run: the same again.
*/
use secondary roles none
