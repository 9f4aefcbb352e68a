/*
what:   Marks what an earlier version created, or an administrator by hand, as the deployment's; the
        rest of each comment stays.
reads:  nothing
writes: the comments on database, integration, service user and its role
re-run: the same comments again; it is left out once all of them have the mark.
*/
alter database identifier(%(database)s) set comment = %(database_comment)s;
alter storage integration identifier(%(integration)s) set comment = %(integration_comment)s;
alter role identifier(%(loader)s) set comment = %(role_comment)s;
alter user identifier(%(user)s) set comment = %(user_comment)s
