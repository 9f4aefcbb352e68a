/*
what:   Lets Snowflake assume the AWS role that reads the landed files. The external id is pinned,
        so that the role's trust policy can be written before the integration exists.
reads:  nothing
writes: the storage integration of the deployment (needs CREATE INTEGRATION)
re-run: changes nothing. Never replaced: a new integration orphans the stages that use the old one.
*/
create storage integration if not exists identifier(%(integration)s)
    type = external_stage
    storage_provider = 'S3'
    enabled = true
    storage_aws_role_arn = %(role_arn)s
    storage_aws_external_id = %(external_id)s
    storage_allowed_locations = (%(stage_url)s)
    comment = %(mark)s
