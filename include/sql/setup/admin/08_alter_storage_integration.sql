/*
what:   Points the integration at the role, the external id and the prefix of this run's parameters.
reads:  nothing
writes: the storage integration of the deployment
re-run: the same values again; another bucket or role takes effect at the next load.
*/
alter storage integration identifier(%(integration)s) set
    enabled = true
    storage_aws_role_arn = %(role_arn)s
    storage_aws_external_id = %(external_id)s
    storage_allowed_locations = (%(stage_url)s)
