"""Snowflake's SQL where fakesnow's translation to DuckDB gives nothing, or something else.

    rewrite.py   goes through a statement's tree, before and after fakesnow
    functions.py arrays, texts, times and VARIANT: which function of macros.py stands for which
    clauses.py   windows, aggregates and joins
    macros.py    functions written in DuckDB's SQL, kept in the catalogue file
    addresses.py functions written in Python: IP addresses and URLs
    moments.py   NULL as a moment, on its way to the client
"""
