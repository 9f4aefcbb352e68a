"""Unpacks the archives of one window into its workspace, and writes the manifest of what lands."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from amplitude_export.archive import Exported, Member, unpacked_bytes
from amplitude_export.decompress.processes import unpack_side_by_side
from amplitude_export.decompress.unpack import Job
from amplitude_export.errors import BadSetting, RecordInvalid
from amplitude_export.fetched import fetched_members, ratio_from
from amplitude_export.manifest import LandedFile, Manifest
from amplitude_export.record import not_a_record, to_record
from amplitude_export.refused_lines import Digests, add_refused, read_refused
from amplitude_export.volume import (
    atomic_write,
    make_folder,
    remove_file,
    remove_tree,
    require_space,
    volume_errors,
)
from amplitude_export.workspace import LANDING_FORMATS, Workspace, provisional_key

log = logging.getLogger(__name__)


def decompress(
    exported: Exported,
    workspace: Workspace,
    landing_format: str,
    quarantine: bool = False,
    provisional: bool = False,
) -> Manifest:
    """Unpack the window's archives into the workspace and return the manifest of what lands.

    With `quarantine`, bad lines are quarantined and the rest lands; the lines that Snowflake
    refused in an earlier load of the day are bad lines, too. The files of a `provisional` window
    get keys of their own. Raises what `fetched_members` and `unpack.unpack` raise, RecordInvalid,
    VolumeFull before anything is written when the volume has no room, and UnpackKilled when a child
    dies. The next attempt writes the files of a failed one again.
    """
    if landing_format not in LANDING_FORMATS:
        raise BadSetting(
            f"amplitude_landing_format is {landing_format!r}.",
            f"set the Airflow Variable to one of {', '.join(LANDING_FORMATS)}, or remove it.",
        )
    started = time.monotonic()
    refused = _refused(workspace) if quarantine else None
    found = fetched_members(exported, workspace)
    jobs = _jobs(found, workspace, landing_format, refused)
    require_space(workspace.folder, sum(_landing_bytes(job) for job in jobs))
    _remove_earlier(workspace)
    if quarantine:
        with volume_errors(workspace.quarantine_folder):
            make_folder(workspace.quarantine_folder)
    unpacked = unpack_side_by_side(jobs)
    manifest = Manifest(
        window=exported.window,
        files=list(_drop_empty((each.landed for each in unpacked), workspace)),
        archives=[record.file for record in exported.archives if record.file],
        quarantined_files=[each.quarantined for each in unpacked if each.quarantined],
        exported_at=exported.exported_at,
        gaps=exported.gaps,
    )
    if provisional:
        manifest = _with_provisional_keys(manifest)
    with atomic_write(workspace.manifest) as file:
        file.write(json.dumps(to_record(manifest)).encode())
    _log_result(manifest, time.monotonic() - started)
    return manifest


def _with_provisional_keys(manifest: Manifest) -> Manifest:
    times, day = manifest.exported, manifest.window.day
    if missing := [file.file for file in manifest.files if file.hour not in times]:
        raise not_a_record(Exported.__name__, f"the time of {missing[0]} is unknown")
    files = [
        replace(file, key=provisional_key(day, file.file, times[file.hour], file.crc32))
        for file in manifest.files
    ]
    return replace(manifest, files=files)


def _jobs(
    found: Sequence[tuple[Path, Member]],
    workspace: Workspace,
    landing_format: str,
    refused: Digests | None,
) -> list[Job]:
    """Return the job of each member; without `refused`, bad lines fail."""
    return [
        Job(
            path,
            member,
            workspace.json_folder,
            landing_format,
            None if refused is None else workspace.quarantine_folder,
            (refused or {}).get(member.stem, frozenset()),
            ratio_from(len(found)),
        )
        for path, member in found
    ]


def _refused(workspace: Workspace) -> Digests:
    """Return the day's lines that Snowflake refused, and record them for `verify` and later tries.

    Those of other runs count, too: a line that was refused once is refused again. A record of
    theirs that cannot be read is their trouble.
    """
    for other in workspace.same_day:
        try:
            found = read_refused(other.refused)
        except RecordInvalid as error:
            log.warning("%s", error.what)
            continue
        if found:
            add_refused(workspace.refused, found)
    return read_refused(workspace.refused)


def _remove_earlier(workspace: Workspace) -> None:
    # The archives of an earlier attempt can have held other events.
    remove_file(workspace.manifest)
    remove_file(workspace.receipts)
    with suppress(FileNotFoundError):
        remove_tree(workspace.quarantine_folder)


def _landing_bytes(job: Job) -> int:
    """Return the bytes that the member takes on the volume, as far as its trailer shows."""
    if job.landing_format == "json.gz":
        return job.member.info.compress_size
    return unpacked_bytes(job.archive, job.member)


def _drop_empty(files: Iterable[LandedFile], workspace: Workspace) -> Iterator[LandedFile]:
    """Yield the files that have events, and remove the others: they have nothing to load."""
    for file in files:
        if file.events:
            yield file
        else:
            log.warning("%s has no events; it does not land.", file.file)
            remove_file(workspace.json_folder / file.file)


def _log_result(manifest: Manifest, seconds: float) -> None:
    hours = {file.hour for file in manifest.files}
    total = sum(file.bytes for file in manifest.files)
    log.info(
        "Unpacked %d files, %s events, %.1f MB in %.1f s (%.0f MB/s).",
        len(manifest.files),
        f"{sum(file.events for file in manifest.files):,}",
        total / 1e6,
        seconds,
        total / 1e6 / max(seconds, 1e-3),
    )
    if empty := [f"{hour:02}" for hour in manifest.window.hours if hour not in hours]:
        log.info("Hours without a file in the archive, so without events: %s.", ", ".join(empty))
