/*
what:   Points the stage at the bucket and prefix of this run's parameters.
reads:  the storage integration of the deployment
writes: stage amplitude_stage
re-run: the same values again.
*/
alter stage amplitude_stage set
    url = %(stage_url)s
    storage_integration = identifier(%(integration)s)
