/*
what:   Newline-delimited JSON, one event a line, plain or gzipped (by the file's extension).
reads:  nothing
writes: file format amplitude_json
re-run: changes nothing.
*/
create file format if not exists amplitude_json
    type = json
    compression = auto
    multi_line = false
    strip_outer_array = false
    allow_duplicate = false
    ignore_utf8_errors = false
