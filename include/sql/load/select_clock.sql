/*
what:   Snowflake's clock, UTC: no time of an export in the ledger is later.
reads:  nothing
writes: nothing
re-run: safe.
*/
select sysdate() as now
