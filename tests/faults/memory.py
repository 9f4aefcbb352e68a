"""Unpack an archive in a process of its own: `python -m tests.faults.memory ARCHIVE VOLUME`.

Print two lines: the outcome, and the peak of memory, in MB.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from amplitude_export.archive import check_archive
from amplitude_export.decompress.decompress import decompress
from amplitude_export.errors import PipelineError
from amplitude_export.workspace import Workspace

from tests.archives import WHOLE_DAY
from tests.exports import exported

# What `ru_maxrss` counts in (getrusage(2)).
UNIT = 1 if sys.platform == "darwin" else 1024


def unpack(archive: Path, volume: Path) -> str:
    """Return the message of the error, or the number of events."""
    workspace = Workspace.of(volume, WHOLE_DAY, "run").open()
    shutil.copy(archive, workspace.archive(WHOLE_DAY))
    try:
        check_archive(workspace.archive(WHOLE_DAY))
        files = decompress(exported(workspace, WHOLE_DAY), workspace, "json").files
    except PipelineError as error:
        return f"{type(error).__name__}: {error}"
    return f"{sum(file.events for file in files)} events"


def main() -> None:
    """Fork first: the peak of a process that was started by exec includes its parent's."""
    child = os.fork()
    if not child:
        print(unpack(*map(Path, sys.argv[1:])), flush=True)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    print(usage.ru_maxrss * UNIT // 10**6)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
