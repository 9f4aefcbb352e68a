"""Newline-delimited JSON as a COPY reads it: a value a line, without blank lines and BOM."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from duckdb import DuckDBPyConnection
from duckdb.func import FunctionNullHandling
from duckdb.sqltypes import VARCHAR
from snowflake.connector.errors import ProgrammingError

from local.warehouse.errors import error

BOM = b"\xef\xbb\xbf"
# Bytes of JSON per insert, so that memory does not grow with the size of the file.
BATCH_BYTES = 16 << 20
# The size of a VARIANT in every table.
# docs.snowflake.com/en/user-guide/semistructured-considerations
MAX_BYTES = 16 << 20


def count_valid(path: Path, name: str, target: str) -> int:
    """Check every line and return their number; `name` is the file's key, for the message.

    Raises error 100069 with the file and line of the first value that is not JSON.
    """
    row = 0
    for row, (number, line) in enumerate(_lines(path, name), start=1):
        try:
            _parse(line.decode())
        except (ValueError, RecursionError) as invalid:
            raise _parse_error(invalid, name, number, row, target) from invalid
    return row


def register(duck: DuckDBPyConnection) -> None:
    """Register the function behind TRY_PARSE_JSON for all sessions of the process."""
    nulls = FunctionNullHandling.SPECIAL
    name = "_sf_try_parse_json"
    duck.create_function(name, try_parse, [VARCHAR], VARCHAR, null_handling=nulls)


def try_parse(text: str | None) -> str | None:
    """Return the text if a COPY takes it, else None, as for blank text: TRY_PARSE_JSON."""
    try:
        if text is None or not text.strip():
            return None
        _parse(text)
    except (ValueError, RecursionError):
        return None
    return text


def _parse(text: str) -> None:
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"document is too large, max size {MAX_BYTES} bytes")
    value = DECODER.decode(text)
    if "\\u" in text:
        # Half a surrogate pair cannot be stored as text.
        json.dumps(value, ensure_ascii=False).encode()


def batches(path: Path, name: str) -> Iterator[list[str]]:
    """Yield the lines' text, unchanged, in lists of about BATCH_BYTES."""
    batch: list[str] = []
    size = 0
    for _, line in _lines(path, name):
        batch.append(line.decode())
        size += len(line)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _lines(path: Path, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield line number (from 1) and text of each line that is not blank."""
    return ((number, line.strip()) for number, line in text_lines(path, name) if line.strip())


def text_lines(path: Path, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield line number (from 1) and text of each line, without its end and the file's BOM."""
    opener = gzip.open if path.name.endswith(".gz") else Path.open
    try:
        with opener(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.removeprefix(BOM) if number == 1 else line
                yield number, text.removesuffix(b"\n").removesuffix(b"\r")
    except (gzip.BadGzipFile, EOFError, zlib.error) as broken:
        raise _decompression_error(name, broken) from broken


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of a JSON line; a repeated key is an error unless ALLOW_DUPLICATE."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'duplicate object attribute "{twice}"')
    return made


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"unknown keyword {word}")


# Integers as floats: Python refuses to read those of more than 4,300 digits.
DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=float)


def _parse_error(
    invalid: Exception, name: str, line: int, row: int, target: str
) -> ProgrammingError:
    position = invalid.pos if isinstance(invalid, json.JSONDecodeError) else 0
    reason = invalid.msg if isinstance(invalid, json.JSONDecodeError) else str(invalid)
    return error(
        100069,
        "22P02",
        f"Error parsing JSON: {reason}, pos {position}\n"
        f"  File '{name}', line {line}, character {position + 1}\n"
        f'  Row {row}, column "{target}"["$1":1]\n'
        "  If you would like to continue loading when an error is encountered, use other values "
        "such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option.",
    )


def _decompression_error(name: str, broken: Exception) -> ProgrammingError:
    return error(
        100057,
        "22000",
        f"Invalid data encountered during decompression for file: '{name}',"
        f"compression type used: 'GZIP', cause: '{broken}'",
    )
