/*
what:   Makes the owner's role the owner of the database, and not ACCOUNTADMIN, who created it.
reads:  nothing
writes: the ownership of the database; its grants stay
re-run: left out, also if another role owns it.
*/
grant ownership on database identifier(%(owned_database)s) to role identifier(%(owner)s)
copy current grants
