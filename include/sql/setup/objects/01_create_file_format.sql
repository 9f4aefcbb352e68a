/*
what:   Newline-delimited JSON, plain or gzipped (told by the file's ending), one event a line.
reads:  nothing
writes: file format amplitude_json
re-run: changes nothing.
*/
create file format if not exists amplitude_json
    type = json
    compression = auto
    multi_line = false
    strip_outer_array = false
