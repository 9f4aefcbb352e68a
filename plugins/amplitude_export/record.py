"""The one codec for records: what crosses from a task to another task, a DAG or a later version.

Records are msgspec Structs. XComs, manifests, asset events and the page all read and write them
here. Keys that a record does not know are ignored, so that an older version reads what a newer one
wrote; fields with a default may be missing, so that a newer version reads what an older one wrote.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from amplitude_export.errors import PipelineError, RecordInvalid
from amplitude_export.volume import read_file

# What a task returns is typed Any: of a dict, TaskFlow would make one XCom for each key.
Record = dict[str, Any]
Kind = TypeVar("Kind")

# A count, or bytes: as far as a browser reads numbers exactly.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
# A time with its zone: one without cannot be compared with others.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# Characters.
_MAX_REASON = 300


def to_record(struct: msgspec.Struct) -> Record:
    """Return the struct as a dict that JSON can hold: dates become text, enums their values."""
    record: Record = msgspec.to_builtins(struct)
    return record


def from_record(kind: type[Kind], record: Any) -> Kind:
    """Return the `kind` that `record` describes, a value as JSON holds it.

    Raises RecordInvalid for any other value: users who can edit XComs can write every JSON.
    """
    try:
        return msgspec.convert(record, kind)
    # A record's own check can raise the pipeline's errors. The last: half of a surrogate pair.
    except (
        msgspec.ValidationError,
        PipelineError,
        RecursionError,
        OverflowError,
        UnicodeEncodeError,
    ) as error:
        why = error.what if isinstance(error, PipelineError) else f"{error}"
        raise not_a_record(getattr(kind, "__name__", f"{kind}"), why) from error


def not_a_record(kind: str, why: str) -> RecordInvalid:
    """Return the error of a record of this kind that cannot be read."""
    return RecordInvalid(
        f"A record of the kind {kind} cannot be read: {shortened(why, _MAX_REASON)}.",
        "clear the task that wrote it, with everything downstream.",
    )


def shortened(text: str, most: int) -> str:
    """Return the beginning of a foreign text, of characters that every response can carry."""
    shown = text if len(text) <= most else f"{text[:most]} …"
    # JSON can have half of a surrogate pair, which UTF-8 cannot.
    return shown.encode("utf-8", "replace").decode()


def read_record(kind: type[Kind], path: Path, do: str) -> Kind | None:
    """Return the record in the file, or None if there is no file.

    Raises RecordInvalid, with `do` as the advice, for a file that is not such a record. Memory does
    not grow with what else is in the file.
    """
    try:
        return msgspec.json.decode(read_file(path), type=kind)
    except FileNotFoundError:
        return None
    # A record's own check can raise the pipeline's errors, too.
    except PipelineError as error:
        raise RecordInvalid(f"{path} cannot be read: {error.what}", do) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise RecordInvalid(f"{path} cannot be read: {error}.", do) from error
