/*
what:   Adds the column for quarantined lines to a ledger of version 0.1.
reads:  nothing
writes: table amplitude_loads (its columns)
re-run: changes nothing.
*/
alter table amplitude_loads add column if not exists quarantined number
