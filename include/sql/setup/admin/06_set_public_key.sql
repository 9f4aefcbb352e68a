/*
what:   Lets the service user log in with the private key of the connection snowflake_default.
reads:  nothing
writes: the user's RSA_PUBLIC_KEY
re-run: the same key again. A second key for rotation (RSA_PUBLIC_KEY_2) stays.
*/
alter user identifier(%(user)s) set rsa_public_key = %(public_key)s
