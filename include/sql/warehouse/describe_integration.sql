/*
what:   The storage integration's properties, among them Snowflake's IAM user and the external id.
reads:  storage integration amplitude_s3 (needs a privilege on it)
writes: nothing
re-run: safe.
*/
desc integration amplitude_s3
