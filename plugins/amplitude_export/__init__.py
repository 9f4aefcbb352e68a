"""Moves UTC days of Amplitude events from the Export API to the edge of Snowflake, exactly once."""
