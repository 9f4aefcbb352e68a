/*
what:   The stage's properties: where it points, through which integration, in which format.
reads:  stage amplitude_stage
writes: nothing
re-run: safe.
*/
desc stage amplitude_stage
