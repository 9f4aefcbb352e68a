/*
what:   Makes the owner's role the owner of the schema GOLD, and not ACCOUNTADMIN, who
        created it.
reads:  nothing
writes: the ownership of the schema; its grants stay
re-run: left out, also if another role owns it.
*/
grant ownership on schema identifier(%(owned_gold)s) to role identifier(%(owner)s)
copy current grants
