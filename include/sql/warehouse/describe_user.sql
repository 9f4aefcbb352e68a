/*
what:   The service user's properties, among them the fingerprints of its public keys.
reads:  the user of the connection snowflake_default (needs its owner or an administrator)
writes: nothing
re-run: safe.
*/
desc user identifier(%(user)s)
