/*
what:   A landed file as plain text, one line a row: to find the lines that Snowflake refuses. No
        character separates, quotes or escapes anything.
reads:  nothing
writes: file format amplitude_lines
re-run: changes nothing.
*/
create file format if not exists amplitude_lines
    type = csv
    compression = auto
    record_delimiter = '\n'
    field_delimiter = none
    field_optionally_enclosed_by = none
    escape = none
    escape_unenclosed_field = none
    null_if = ()
    skip_blank_lines = false
    trim_space = false
    replace_invalid_characters = true
