/*
what:   Makes the owner's role the owner of the warehouse, and not ACCOUNTADMIN, who created it.
reads:  nothing
writes: the ownership of the warehouse; its grants stay
re-run: left out, also if another role owns it, such as that of another deployment.
*/
grant ownership on warehouse identifier(%(owned_warehouse)s) to role identifier(%(owner)s)
copy current grants
