"""Uploads the files of a manifest to S3, several at a time, each verified by S3 itself.

The uploader is allowed to put objects and nothing else, so it cannot read them back: the request
carries the CRC-32 that was computed while the file was unpacked, and S3 refuses any other body.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from amplitude_export.bucket.errors import upload_error
from amplitude_export.bucket.put import PUT_ERRORS, THREADS, crc32_of, put_file
from amplitude_export.errors import FileMissing, PipelineError, UploadFailed
from amplitude_export.manifest import LandedFile, Manifest
from amplitude_export.volume import child, is_file, open_file, read_file, remove_file, volume_errors
from amplitude_export.workspace import Workspace

log = logging.getLogger(__name__)

_decode_receipt = msgspec.json.Decoder(tuple[str, str, str]).decode


@dataclass
class _Receipts:
    """The log of files that an unfinished upload has sent.

    It is removed when the upload is finished, so that a cleared task sends all files again.
    """

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, bucket: str) -> set[tuple[str, str]]:
        """Return key and CRC-32 of each file that is in the bucket already."""
        try:
            lines = read_file(self.path).split(b"\n")
        except FileNotFoundError:
            return set()
        return {(key, crc) for where, key, crc in self._receipts(lines) if where == bucket}

    def _receipts(self, lines: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
        for line in filter(None, lines):
            try:
                yield _decode_receipt(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                log.warning("%s has an incomplete line; that file is sent again.", self.path)

    def add(self, bucket: str, file: LandedFile) -> None:
        with self._lock, open_file(self.path, "ab") as receipts:
            # The first newline ends the incomplete line of an attempt that was killed.
            receipts.write(b"\n" + json.dumps([bucket, file.key, file.crc32]).encode() + b"\n")


def upload(manifest: Manifest, workspace: Workspace, client: Any, bucket: str) -> None:
    """Upload the files that an earlier attempt has not uploaded yet.

    Every file is tried, also when others fail. Raises FileMissing when a file is no longer on the
    volume, VolumeRefused when a name leads elsewhere, BucketRefused when S3 refuses any, else
    UploadFailed with the files that failed.
    """
    receipts = _Receipts(workspace.receipts)
    sent = receipts.sent(bucket)
    local_paths = {
        file: child(folder, file.file)
        for files, folder in (
            (manifest.files, workspace.json_folder),
            (manifest.quarantined_files, workspace.quarantine_folder),
        )
        for file in files
    }
    todo = [file for file in local_paths if (file.key, file.crc32) not in sent]
    _require_files(todo, local_paths)
    started = time.monotonic()
    failed = _send_all(todo, lambda file: _send(client, bucket, local_paths[file], file, receipts))
    if failed:
        raise _failure(failed, len(todo))
    remove_file(workspace.receipts)
    _log_result(todo, len(sent), bucket, time.monotonic() - started)


def _send_all(
    files: list[LandedFile], send: Callable[[LandedFile], None]
) -> dict[LandedFile, BaseException]:
    """Send all files and return the errors; a task that is stopped does not begin another file."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        futures = {pool.submit(send, file): file for file in files}
        finished = {futures[future]: future.exception() for future in as_completed(futures)}
    finally:
        pool.shutdown(cancel_futures=True)
    return {file: error for file, error in finished.items() if error}


def _require_files(files: list[LandedFile], local_paths: Mapping[LandedFile, Path]) -> None:
    missing = [local_paths[file] for file in files if not _is_whole(local_paths[file], file.bytes)]
    if missing:
        raise FileMissing(
            f"{len(missing)} of {len(files)} files are not on the volume as they were unpacked, "
            f"the first {missing[0]}: they are removed once the day is loaded, or this worker does "
            "not share the volume.",
            "clear stage_window.decompress of this window as well (it unpacks the archive again).",
        )


def _is_whole(path: Path, size: int) -> bool:
    return is_file(path) and path.stat().st_size == size


def _send(client: Any, bucket: str, path: Path, file: LandedFile, receipts: _Receipts) -> None:
    try:
        put_file(client, bucket, path, file.key, file.crc32)
    except PUT_ERRORS as error:
        _require_unchanged(path, file)
        raise upload_error(error, bucket, file.key) from error
    with volume_errors(receipts.path):
        receipts.add(bucket, file)


def _require_unchanged(path: Path, file: LandedFile) -> None:
    """Raise FileMissing if the file was damaged on the volume, which no retry fixes.

    S3 refuses such a body like one that was damaged on the way, which a retry does fix.
    """
    if crc32_of(path) != file.crc32:
        raise FileMissing(
            f"{path} was changed after it was unpacked: its checksum differs.",
            "clear stage_window.decompress of this window as well (it unpacks the archive again).",
        )


def _failure(failed: dict[LandedFile, BaseException], tried: int) -> BaseException:
    """Return the error to raise: one that a retry cannot fix before one that it can."""
    for file, error in failed.items():
        log.error("%s was not uploaded: %s", file.key, error)
    worst = min(failed.values(), key=lambda error: isinstance(error, UploadFailed))
    if not isinstance(worst, PipelineError):
        return worst
    names = ", ".join(sorted(file.file for file in failed)[:10])
    what = f"{len(failed)} of {tried} files were not uploaded ({names}). {worst.what}"
    return type(worst)(what, worst.do, worst.retry_after)


def _log_result(files: list[LandedFile], before: int, bucket: str, seconds: float) -> None:
    size = sum(file.bytes for file in files) / 1e6
    log.info(
        "Uploaded %d files, %.1f MB in %.1f s (%.0f MB/s) to s3://%s; %d had been sent before.",
        len(files),
        size,
        seconds,
        size / max(seconds, 1e-3),
        bucket,
        before,
    )
