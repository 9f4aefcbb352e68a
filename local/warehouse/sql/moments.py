"""Timestamps as the connector reads them: fakesnow sends a NULL as 1970-01-01."""

from __future__ import annotations

import fakesnow.arrow as fakesnow_arrow
import pyarrow as pa

_with_nulls_lost = fakesnow_arrow.timestamp_to_sf_struct


def keep_nulls() -> None:
    """Patch all responses of the process."""
    # pyarrow imports a part of itself with its first scalar, which is not thread-safe.
    pa.scalar(1)
    vars(fakesnow_arrow)["timestamp_to_sf_struct"] = _as_struct


def _as_struct(moments: pa.ChunkedArray) -> pa.StructArray:
    sent = _with_nulls_lost(moments)
    return pa.StructArray.from_arrays(
        sent.flatten(), fields=list(sent.type), mask=moments.combine_chunks().is_null()
    )
