/*
what:   Copies the networks of one version of the package. force: a version loads again;
        without it Snowflake would skip it without an error.
reads:  @amplitude_stage (ip_networks/<version>/networks.json.gz)
writes: ip_networks (one row a network; their keys do not overlap)
re-run: only after delete_networks.sql in the same transaction.
*/
copy into ip_networks (
    first_key,
    last_key,
    asn,
    name
)
from (
    select
        $1:first_key::number(20, 0),
        $1:last_key::number(20, 0),
        $1:asn::number(10, 0),
        $1:name::varchar
    from @amplitude_stage
)
files = (%(files)s)
file_format = (format_name = 'amplitude_json')
force = true
on_error = abort_statement
