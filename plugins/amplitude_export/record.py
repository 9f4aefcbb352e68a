"""The one codec for records: what crosses from a task to another task, a DAG or a later version.

Records are msgspec Structs. XComs, manifests, asset events and the page all read and write them
here. Keys that a record does not know are ignored, so that an older version reads what a newer one
wrote; fields with a default may be missing, so that a newer version reads what an older one wrote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from amplitude_export.errors import RecordInvalid, VolumeRefused
from amplitude_export.volume import read_file

# What a task returns is typed Any: of a dict, TaskFlow would make one XCom for each key.
Record = dict[str, Any]
Kind = TypeVar("Kind")


def to_record(struct: msgspec.Struct) -> Record:
    """Return the struct as a dict that JSON can hold: dates become text, enums their values."""
    record: Record = msgspec.to_builtins(struct)
    return record


def from_record(kind: type[Kind], record: Any) -> Kind:
    """Return the `kind` that `record` describes, a value as JSON holds it.

    Raises RecordInvalid when a key is missing or has a value of another type.
    """
    try:
        return msgspec.convert(record, kind)
    except msgspec.ValidationError as error:
        raise RecordInvalid(
            f"A record of the kind {getattr(kind, '__name__', kind)} cannot be read: {error}.",
            "clear the task that wrote it, with everything downstream.",
        ) from error


def read_record(kind: type[Kind], path: Path, do: str) -> Kind | None:
    """Return the record in the file, or None if there is no file.

    Raises RecordInvalid, with `do` as the advice, for a file that is not such a record. Memory does
    not grow with what else is in the file.
    """
    try:
        return msgspec.json.decode(read_file(path), type=kind)
    except FileNotFoundError:
        return None
    except VolumeRefused as error:
        raise RecordInvalid(f"{path} cannot be read: {error.what}", do) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordInvalid(f"{path} cannot be read: {error}.", do) from error
