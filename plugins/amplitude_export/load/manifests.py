"""The manifests in the bucket: what each load has committed of its day, beside the objects.

The bucket alone can tell what a day was, also when the tables are gone. The uploader puts them, and
Snowflake reads them through the stage, because the uploader is not allowed to read.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from amplitude_export.bucket.errors import upload_error
from amplitude_export.bucket.put import PUT_ERRORS
from amplitude_export.errors import PipelineError, UploadFailed
from amplitude_export.manifest import DayManifest, HourNumber, LandedFile, crc32_text, require_names
from amplitude_export.record import Moment, not_a_record
from amplitude_export.warehouse.session import Session
from amplitude_export.window import plan_windows
from amplitude_export.workspace import PREFIX, manifest_key

log = logging.getLogger(__name__)

_RETRY = (
    "the retry loads the same files again, and puts it. If this was the last attempt, check the "
    "route to S3 and this machine's clock, then clear load."
)
_CLEAR = "Then clear load, which loads the same files again."


class LoadedManifest(msgspec.Struct, frozen=True):
    """A day as one load has committed it: its files, and when each hour was exported (UTC).

    `exported_at` has the hours, 0 to 23, whose time is known. It is one line of JSON in the bucket.
    """

    project: str
    day: date
    run_id: str
    files: list[LandedFile]
    quarantined_files: list[LandedFile]
    exported_at: dict[HourNumber, Moment]
    gaps: list[HourNumber]

    @property
    def manifest(self) -> DayManifest:
        """The day."""
        return DayManifest(
            self.day, self.files, self.quarantined_files, self.exported_at, self.gaps
        )

    @property
    def exports(self) -> list[datetime]:
        """The known times of its exports, the newest first: of two manifests, the greater wins."""
        return sorted(self.exported_at.values(), reverse=True)


def put_manifest(
    client: Any, bucket: str, manifest: DayManifest, project: str, run_id: str
) -> None:
    """Put the manifest of a day that the run has loaded.

    Raises BadSetting, BucketRefused and UploadFailed; the day stays loaded.
    """
    now = datetime.now(UTC)
    loaded = LoadedManifest(
        project,
        manifest.day,
        run_id,
        manifest.files,
        manifest.quarantined_files,
        # A clock that is fast must not make every later export look older.
        {hour: min(at, now) for hour, at in manifest.exported_at.items()},
        manifest.gaps,
    )
    body = msgspec.json.encode(loaded) + b"\n"
    key = manifest_key(project, manifest.day, run_id)
    try:
        client.put_object(
            Bucket=bucket, Key=key, Body=body, ChecksumCRC32=crc32_text(zlib.crc32(body))
        )
    except PUT_ERRORS as error:
        failed = upload_error(error, bucket, key)
        raise type(failed)(
            f"{manifest.day} is loaded, and its manifest is not in the bucket. {failed.what}",
            _RETRY if isinstance(failed, UploadFailed) else f"{failed.do} {_CLEAR}",
            failed.retry_after,
        ) from error


def newest_manifest(session: Session, project: str, day: date) -> DayManifest | None:
    """Return the manifest of the newest export of the project's day, or None if there is none.

    Raises WarehouseRefused and WarehouseUnavailable.
    """
    found = sorted(_manifests(session, project, day), key=lambda each: each.exports)
    return found[-1].manifest if found else None


def _manifests(session: Session, project: str, day: date) -> Iterator[LoadedManifest]:
    folder = manifest_key(project, day, "").rpartition("/")[0].removeprefix(PREFIX)
    for row in session.run("load/select_manifests", path=f"@amplitude_stage/{folder}/"):
        try:
            yield _read(str(row["MANIFEST"]), project, day)
        except PipelineError as error:
            log.warning("%s is left out: %s", row["SOURCE_FILE"], error.what)


def _read(text: str, project: str, day: date) -> LoadedManifest:
    try:
        found = msgspec.json.decode(text, type=LoadedManifest)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise not_a_record(LoadedManifest.__name__, f"{error}") from error
    if (found.project, found.day) != (project, day):
        what = f"it is of {found.project} {found.day}"
        raise not_a_record(LoadedManifest.__name__, what)
    (whole_day,) = plan_windows(day, 24)
    require_names(whole_day, found.files, found.quarantined_files)
    return found
