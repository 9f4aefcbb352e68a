/*
what:   The lines of the day's files that Snowflake does not take for JSON, at most 1,001 a file.
        TRY_PARSE_JSON is as strict as the COPY: it refuses an object that has a key twice. `digest`
        is that of refused_lines.digest.
reads:  @amplitude_stage (the files of one day, as text)
writes: nothing
re-run: safe.
*/
select
    metadata$filename as source_file,
    metadata$file_row_number as source_row,
    sha2(rtrim($1, chr(13))) as digest
from %(path)s (file_format => 'amplitude_lines')
where
    trim($1, ' ' || chr(9) || chr(13)) <> ''
    and try_parse_json($1) is null
qualify
    row_number() over (
        partition by metadata$filename
        order by metadata$file_row_number
    ) <= 1001
order by source_file, source_row
