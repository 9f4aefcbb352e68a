"""Finds the lines that made Snowflake refuse a COPY, so that `decompress` can quarantine them.

The message of a COPY names one line, and `on_error = continue` would skip the rest of its file. So
the stage is asked once, over the same files as text.
"""

from __future__ import annotations

import logging
import socket
from collections import defaultdict
from pathlib import Path

from amplitude_export.errors import FileMissing, InvalidEvent
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.refused_lines import add_refused
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import PREFIX, Workspace, object_key, project_folder

log = logging.getLogger(__name__)

# Lines that a message names.
_NAMED = 5


def record_refused_lines(
    connect: Connect,
    manifest: DayManifest,
    data_dir: Path,
    run_id: str,
    project: str = DEFAULT_PROJECT,
) -> None:
    """Record the lines that Snowflake refuses, and raise InvalidEvent with the tasks to clear.

    Returns if Snowflake takes each line of the text for JSON. Raises FileMissing when this worker
    does not have the run's folders, RecordInvalid, VolumeFull, VolumeRefused, WarehouseRefused and
    WarehouseUnavailable.
    """
    refused = _find(connect, manifest, run_id)
    if not refused:
        log.warning("Snowflake takes each line of the files for JSON when it reads them as text.")
        return
    for file, found in refused.items():
        log.warning("Snowflake refuses these lines of %s: %s.", file.file, [n for n, _ in found])
    lines = [f"{file.file}, line {n}" for file, found in refused.items() for n, _ in found]
    more = f" and {len(lines) - _NAMED:,} more" if len(lines) > _NAMED else ""
    count = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    what = f"Snowflake refuses {count} as JSON: {'; '.join(lines[:_NAMED])}{more}."
    spaces = Workspace.of_run(project_folder(data_dir, project), manifest.day, run_id)
    if not spaces:
        raise FileMissing(
            f"{what} They cannot be quarantined: {data_dir} of {socket.gethostname()} does not "
            "have the folders of this run.",
            "mount the volume of the other tasks on this worker, and clear load.",
        )
    digests = {_stem(file): [digest for _, digest in found] for file, found in refused.items()}
    add_refused(spaces[0].refused, digests)
    hours = ", ".join(f"{hour:02}:00" for hour in sorted({file.hour for file in refused}))
    raise InvalidEvent(
        f"{what} The day was rolled back.",
        f"clear stage_window.decompress of the windows that have {hours}, with everything "
        "downstream: it quarantines these lines, and the day loads without them.",
    )


def _find(
    connect: Connect, manifest: DayManifest, run_id: str
) -> dict[LandedFile, list[tuple[int, str]]]:
    """Return number and digest of each refused line, by file."""
    files = {file.key: file for file in manifest.files}
    about = {"day": f"{manifest.day:%Y-%m-%d}", "run_id": run_id}
    path = f"@amplitude_stage/{object_key(manifest.day, '').removeprefix(PREFIX)}"
    found = defaultdict(list)
    with Session.opened(connect, about) as session:
        for row in session.run("load/select_refused_lines", path=path):
            # Files of earlier runs can be beside the manifest's.
            if file := files.get(session.stage.key_of(str(row["SOURCE_FILE"]))):
                found[file].append((int(row["SOURCE_ROW"]), str(row["DIGEST"])))
    return found


def _stem(file: LandedFile) -> str:
    return file.file.partition(".")[0]
