/*
what:   The file format's properties, by which a landed file is read.
reads:  file format amplitude_json
writes: nothing
re-run: safe.
*/
desc file format amplitude_json
