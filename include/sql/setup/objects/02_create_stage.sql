/*
what:   The place in S3 that the loads copy from.
reads:  the storage integration of the deployment, file format amplitude_json
writes: stage amplitude_stage
re-run: changes nothing. Never replaced: that would drop its grants.
*/
create stage if not exists amplitude_stage
    url = %(stage_url)s
    storage_integration = identifier(%(integration)s)
    file_format = (format_name = 'amplitude_json')
