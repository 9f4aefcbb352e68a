"""dbt's process: its output goes to the log, and its own words into the error if it fails."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from amplitude_export.redaction import redact

log = logging.getLogger(__name__)

# Seconds between SIGINT and SIGKILL, in which dbt cancels its statements in Snowflake.
_GRACE_SECONDS = 60
# Lines of the output in which dbt's words are looked for.
_KEPT_LINES = 200
# Lines and characters of dbt's words in a message.
_MAX_LINES = 5
MAX_CHARACTERS = 1000
# dbt begins each entry with the time, `15:16:20  `; its other lines have none.
_TIME = re.compile(r"^\d\d:\d\d:\d\d\s+")
_ERROR = "Encountered an error"
_NO_MATCH = "does not match any enabled nodes"
# The summary of deprecated settings comes last, also after an error.
_NOISE = "[DeprecationsSummary]"


@dataclass(frozen=True)
class Ended:
    """The exit code of a process, and the end of its output in its own words."""

    code: int
    words: str

    @property
    def selected_unknown(self) -> bool:
        """True if the command selected a node that the project does not have."""
        return _NO_MATCH in self.words


def run_process(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    secrets: Iterable[str],
) -> Ended:
    """Run dbt to its end, in the folder, and log each line without secrets.

    It also ends if the task is interrupted.
    """
    secrets = list(secrets)
    lines: deque[str] = deque(maxlen=_KEPT_LINES)
    with _process(arguments, environment, folder) as process:
        for line in process.stdout or ():
            if text := redact(line.rstrip(), secrets):
                log.info("%s", text)
                lines.append(text)
        return Ended(process.wait(), last_words(lines))


def last_words(output: Iterable[str]) -> str:
    """Return the last error in dbt's output, or else its last lines, as one line.

    >>> last_words(["12:00:01  Encountered an error:", "Database Error", "  no", "12:00:02  Bye"])
    'Encountered an error: Database Error no'
    >>> last_words(["12:00:01  Running with dbt=1.11.16", "12:00:02  Nothing to do"])
    'Running with dbt=1.11.16 Nothing to do'
    """
    entries = [entry for entry in _entries(output) if _NOISE not in entry[0]]
    errors = [entry for entry in entries if _ERROR in entry[0]]
    lines = errors[-1] if errors else list(chain(*entries))[-_MAX_LINES:]
    words = " ".join(_TIME.sub("", line).strip() for line in lines)
    return words[:MAX_CHARACTERS] if errors else words[-MAX_CHARACTERS:]


def _entries(output: Iterable[str]) -> list[list[str]]:
    """Group lines: each with a time begins an entry."""
    entries: list[list[str]] = []
    for line in output:
        if _TIME.match(line) or not entries:
            entries.append([])
        entries[-1].append(line)
    return entries


@contextmanager
def _process(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """Start a process that ends with the block, also if the block raises."""
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            # On SIGTERM dbt would exit at once, and its statements would go on in Snowflake.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            process.stdout.close()
