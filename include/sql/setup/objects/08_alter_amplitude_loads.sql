/*
what:   Adds the columns of newer versions to an older ledger: quarantined to that of version 0.1,
        the others to that of 0.6 and earlier.
reads:  nothing
writes: table amplitude_loads (its columns)
re-run: changes nothing.
*/
alter table amplitude_loads add column if not exists quarantined number;
alter table amplitude_loads add column if not exists exported_at timestamp_ntz;
alter table amplitude_loads add column if not exists replaced_events number;
alter table amplitude_loads add column if not exists replaced_run_id varchar;
alter table amplitude_loads add column if not exists project_id varchar;
alter table amplitude_loads add column if not exists verified_at timestamp_ntz
