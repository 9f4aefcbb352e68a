"""Snowflake: the hook, a session that runs files of SQL, the locked transaction, and errors."""
