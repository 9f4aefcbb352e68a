"""Snowflake's SQL where fakesnow's translation to DuckDB is missing or differs.

`rewrite.py` goes through a statement's tree, before and after fakesnow; `functions.py` and
`clauses.py` say what a node of it becomes. What DuckDB has no function for is written in its SQL
(`macros.py`) or in Python (`addresses.py`). `moments.py` keeps NULL on its way to the client.
"""
