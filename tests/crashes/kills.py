"""Kill the current process at the side effect that a test names.

Whatever the process does to the volume, over HTTP or in the warehouse becomes a line, an *act*,
just before it is done (`answered`: just after). The hooks are Python's audit events, and wrappers
around public methods of the connector, of http.client and of LineCheck; the product has none.

    open, remove, mkdir, rmdir <path>    open is for writing; paths below the given roots only
    rename <path> -> <path>
    send PUT /bucket/key                 each request's head; `send body` is a piece of a body
    check <n>                            the n-th piece of an unpacked file was written
    say, sent, answered <statement>      before a statement goes out; when its request is out whole
                                         and nobody has waited for the answer; with the answer there
"""

from __future__ import annotations

import functools
import http.client
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, local
from typing import Any

from amplitude_export.decompress.lines import LineCheck
from snowflake.connector.cursor import SnowflakeCursorBase

# Each of these changes something outside of the process.
SIDE_EFFECT = r"^(open|remove|mkdir|rmdir|rename|send) "

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Kill:
    """Prevent the `nth` act (from 1) that matches the regular expression.

    With SIGSTOP, it happens once the process gets SIGCONT.
    """

    at: str = SIDE_EFFECT
    nth: int = 1
    by: signal.Signals = signal.SIGKILL


@dataclass
class Acts:
    """The acts of the process so far, and where it is killed; thread-safe."""

    kill: Kill | None
    roots: tuple[str, ...]
    seen: list[str] = field(default_factory=list)
    _matched: int = 0
    _lock: Lock = field(default_factory=Lock)

    def note(self, act: str) -> None:
        """Record the act; never return from the one at which SIGKILL ends the process."""
        with self._lock:
            self.seen.append(act)
            if self.kill and re.search(self.kill.at, act):
                self._matched += 1
                if self._matched == self.kill.nth:
                    os.kill(os.getpid(), self.kill.by)

    def note_file(self, verb: str, path: Any, to: Any = None, folder: int = -1) -> None:
        """Record an act on a file; `folder` is the open directory of a relative path (rmtree)."""
        if folder != -1 or str(path).startswith(self.roots):
            self.note(f"{verb} {path} -> {to}" if to else f"{verb} {path}")


def arm(kill: Kill | None, roots: Sequence[Path]) -> Acts:
    """Install the hooks, which cannot be removed: the process must do nothing else afterwards."""
    acts = Acts(kill, tuple(f"{root}" for root in roots))
    sys.addaudithook(functools.partial(_on_audit, acts))
    _wrap_statements(acts)
    _wrap_line_check(acts)
    return acts


def _on_audit(acts: Acts, event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and _is_writing(*args[1:]):
        acts.note_file("open", args[0])
    elif event == "os.rename":
        acts.note_file("rename", args[0], to=args[1])
    elif event in ("os.remove", "os.rmdir"):
        acts.note_file(event.removeprefix("os."), args[0], folder=args[1])
    elif event == "os.mkdir":
        acts.note_file("mkdir", args[0])
    elif event == "http.client.send":
        acts.note(f"send {_head(args[1])}")


def _is_writing(mode: str | None, flags: int) -> bool:
    return bool(flags & _WRITING) or any(letter in (mode or "") for letter in "wax+")


def _head(data: Any) -> str:
    """Return the request line without its version, or `body` for a piece of a body."""
    if isinstance(data, bytes | bytearray):
        line, _, version = bytes(data).partition(b"\r\n")[0].rpartition(b" ")
        if version.startswith(b"HTTP/"):
            return line.decode("ascii", "replace")
    return "body"


def _wrap_statements(acts: Acts) -> None:
    under_way = local()
    execute, getresponse = SnowflakeCursorBase.execute, http.client.HTTPConnection.getresponse

    @functools.wraps(execute)
    def executing(cursor: Any, command: str, *args: Any, **kwargs: Any) -> Any:
        statement = " ".join(_COMMENT.sub("", command).split())
        acts.note(f"say {statement}")
        under_way.statement = statement
        try:
            result = execute(cursor, command, *args, **kwargs)
        finally:
            under_way.statement = None
        acts.note(f"answered {statement}")
        return result

    @functools.wraps(getresponse)
    def waiting(connection: Any) -> Any:
        if statement := getattr(under_way, "statement", None):
            acts.note(f"sent {statement}")
        return getresponse(connection)

    SnowflakeCursorBase.execute = executing
    http.client.HTTPConnection.getresponse = waiting


def _wrap_line_check(acts: Acts) -> None:
    feed = LineCheck.feed
    pieces: dict[LineCheck, int] = {}

    @functools.wraps(feed)
    def feeding(check: LineCheck, piece: bytes) -> None:
        pieces[check] = pieces.get(check, 0) + 1
        acts.note(f"check {pieces[check]}")
        feed(check, piece)

    LineCheck.feed = feeding
