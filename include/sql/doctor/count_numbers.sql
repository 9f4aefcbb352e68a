/*
what:   Counts one generated row, which no metadata can answer: it takes a running warehouse.
reads:  nothing
writes: nothing
re-run: safe.
*/
select count(*) as numbers
from table(generator(rowcount => 1))
