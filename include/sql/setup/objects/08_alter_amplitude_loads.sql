/*
what:   Gives a ledger of version 0.1 the column for lines that were set aside.
reads:  nothing
writes: table amplitude_loads (its columns)
re-run: changes nothing.
*/
alter table amplitude_loads add column if not exists quarantined number
