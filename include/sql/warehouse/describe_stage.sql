/*
what:   The stage's properties: its URL, its integration and its file format.
reads:  stage amplitude_stage
writes: nothing
re-run: safe.
*/
desc stage amplitude_stage
