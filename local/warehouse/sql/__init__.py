"""Snowflake's SQL where fakesnow's translation to DuckDB is missing or differs.

`rewrite.py` changes a statement's tree, before and after fakesnow, by the rules for each node in
`functions.py` and `clauses.py`. Functions that DuckDB lacks are written in its SQL (`macros.py`) or
in Python (`addresses.py`). `moments.py` keeps NULL timestamps on their way to the client.
"""
