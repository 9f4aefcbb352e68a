/*
what:   Points the stage at the bucket and prefix of this run's parameters.
reads:  storage integration amplitude_s3
writes: stage amplitude_stage
re-run: the same values again.
*/
alter stage amplitude_stage set
    url = %(stage_url)s
    storage_integration = amplitude_s3
