/*
what:   Counts one generated row: no metadata has that number, so it needs a running warehouse.
reads:  nothing
writes: nothing
re-run: safe.
*/
select count(*) as numbers
from table(generator(rowcount => 1))
