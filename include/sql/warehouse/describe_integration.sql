/*
what:   The storage integration's properties, among them Snowflake's IAM user and the external id.
reads:  the storage integration of the deployment (needs a privilege on it)
writes: nothing
re-run: safe.
*/
desc integration identifier(%(integration)s)
