"""Functions of Snowflake in DuckDB's SQL. Arrays and objects are JSON.

They are in the catalogue file, so that a view of any database can call them.
"""

from __future__ import annotations

from sqlglot import Expr, exp

PLACE = "_fs_global.main"
# Numbers are seconds, milliseconds, microseconds or nanoseconds by their size:
# docs.snowflake.com/en/sql-reference/functions/to_timestamp
MOMENT = """
    make_timestamp(case
        when abs(n) < 31536000000 then n * 1000000
        when abs(n) < 31536000000000 then n * 1000
        when abs(n) < 31536000000000000 then n
        else n // 1000
    end)"""
MACROS = {
    "parse_json(x)": "case when trim(x::varchar) = '' then null else json(x) end",
    "try_parse_json(x)": "_sf_try_parse_json(x::varchar)::json",
    "text(x)": "case when typeof(x) = 'JSON' then to_json(x) ->> '$' else x::varchar end",
    "typeof(x)": """case json_type(to_json(x))
        when 'NULL' then 'NULL_VALUE' when 'DOUBLE' then 'DECIMAL'
        when 'BIGINT' then 'INTEGER' when 'UBIGINT' then 'INTEGER' when 'HUGEINT' then 'INTEGER'
        else json_type(to_json(x)) end""",
    "object_keys(x)": "to_json(json_keys(x))",
    "elements(a)": "cast(to_json(a) as json[])",
    "array_compact(a)": "to_json(list_filter({elements}(a), lambda e: e is not null))",
    "array_cat(a, b)": """case when a is not null and b is not null
        then to_json(list_concat({elements}(a), {elements}(b))) end""",
    "array_append(a, x)": "to_json(list_append({elements}(a), to_json(x)))",
    "array_distinct(a)": "to_json(list_distinct({elements}(a)))",
    "array_slice(a, first, past)": """to_json({elements}(a)[
        case when first < 0 then first else first + 1 end :
        case when past < 0 then past - 1 else past end])""",
    "array_contains(a, x)": "list_contains({elements}(a), to_json(x))",
    "array_position(a, x)": "nullif(list_position({elements}(a), to_json(x)), 0) - 1",
    "array_to_string(a, separator)": """case when a is not null and separator is not null then
        coalesce(array_to_string(
            list_transform({elements}(a), lambda e: coalesce(e ->> '$', '')),
            separator), '') end""",
    "moment(n)": MOMENT,
    # DuckDB would also accept infinity, epoch and now as timestamps.
    "try_to_timestamp(x)": """case
        when try_cast(x::varchar as bigint) is not null
            then {moment}(try_cast(x::varchar as bigint))
        when ascii(x::varchar) between 48 and 57 then try_cast(x::varchar as timestamp) end""",
    "try_strptime(x, format)": "try_cast(try_strptime(x, format) as timestamp)",
    "epoch_second(x)": "cast(floor(epoch(x)) as bigint)",
    "hex_number(x)": "cast(cast('0x' || x as ubigint) as decimal(38, 0))",
    "try_hex_number(x)": "cast(try_cast('0x' || x as ubigint) as decimal(38, 0))",
    # Sums of hashes depend on the number of rows and not on their order.
    "hash_agg(h)": """coalesce(
        cast(sum(h::hugeint) % 18446744073709551616 - 9223372036854775808 as bigint), 0)""",
    "parse_ip(x, kind, permissive)": "_sf_parse_ip(x, kind, permissive)::json",
    "parse_url(x, permissive)": "_sf_parse_url(x, permissive)::json",
}


def name(function: str) -> str:
    """Return the name that can be called from any database."""
    return f"{PLACE}._sf_{function}"


def call(function: str, *arguments: Expr) -> exp.Anonymous:
    """Return a call in a statement's tree."""
    return exp.Anonymous(this=name(function), expressions=list(arguments))


def creation_sql() -> str:
    """Return the SQL that creates or replaces all macros."""
    names = {known: name(known) for known in ("elements", "moment")}
    return ";\n".join(
        f"create or replace macro {name(head)} as ({body.format(**names)})"
        for head, body in MACROS.items()
    )
