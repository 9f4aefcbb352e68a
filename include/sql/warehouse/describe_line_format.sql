/*
what:   The file format's properties, by which a landed file is read as text.
reads:  file format amplitude_lines
writes: nothing
re-run: safe.
*/
desc file format amplitude_lines
