/*
what:   The objects below one path of the stage, with their sizes, as Snowflake sees them.
reads:  stage amplitude_stage
writes: nothing
re-run: safe.
*/
list %(path)s
