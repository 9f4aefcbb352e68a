/*
what:   The manifests of one day of a project: one line of JSON each, which the file format for
        lines reads as it is.
reads:  @amplitude_stage (the manifests of one day)
writes: nothing
re-run: safe.
*/
select
    metadata$filename as source_file,
    $1 as manifest
from %(path)s (file_format => 'amplitude_lines')
order by source_file
