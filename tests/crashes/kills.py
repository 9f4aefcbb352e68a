"""Kill the current process at the side effect that a test names.

Every effect on the volume, over HTTP or in the warehouse is recorded as a line, an *action*, just
before it happens (`answered`: just after). The hooks are Python's audit events, and wrappers
around public methods of the connector, of http.client and of LineCheck; the product has none.

    open, remove, mkdir, rmdir <path>    open is for writing; paths below the given roots only
    rename <path> -> <path>
    send PUT /bucket/key                 each request's head; `send body` is a piece of a body
    check <n>                            the n-th piece of an unpacked file was written
    execute <statement>                  before a statement is sent
    sent <statement>                     its request is sent, and the response is not read yet
    answered <statement>                 the response has been read
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

# Each of these changes something outside the process.
SIDE_EFFECT = r"^(open|remove|mkdir|rmdir|rename|send) "

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Kill:
    """Prevent the `nth` action (from 1) that matches the regular expression.

    With SIGSTOP, it happens once the process gets SIGCONT.
    """

    at: str = SIDE_EFFECT
    nth: int = 1
    by: signal.Signals = signal.SIGKILL


@dataclass
class Actions:
    """The actions of the process so far, and where it is killed; thread-safe."""

    kill: Kill | None
    roots: tuple[str, ...]
    done: list[str] = field(default_factory=list)
    _matched: int = 0
    _lock: Lock = field(default_factory=Lock)

    def note(self, action: str) -> None:
        """Record the action; never return from the one at which SIGKILL ends the process."""
        with self._lock:
            self.done.append(action)
            if self.kill and re.search(self.kill.at, action):
                self._matched += 1
                if self._matched == self.kill.nth:
                    os.kill(os.getpid(), self.kill.by)

    def note_file(self, verb: str, path: Any, to: Any = None, folder: int = -1) -> None:
        """Record an action on a file; `folder` is the open directory of a relative path."""
        if folder != -1 or str(path).startswith(self.roots):
            self.note(f"{verb} {path} -> {to}" if to else f"{verb} {path}")


def arm(kill: Kill | None, roots: Sequence[Path]) -> Actions:
    """Install the hooks, which cannot be removed: the process must do nothing else afterwards."""
    actions = Actions(kill, tuple(f"{root}" for root in roots))
    sys.addaudithook(functools.partial(_on_audit, actions))
    _wrap_statements(actions)
    _wrap_line_check(actions)
    return actions


def _on_audit(actions: Actions, event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and _is_writing(*args[1:]):
        actions.note_file("open", args[0])
    elif event == "os.rename":
        actions.note_file("rename", args[0], to=args[1], folder=args[2])
    elif event in ("os.remove", "os.rmdir"):
        actions.note_file(event.removeprefix("os."), args[0], folder=args[1])
    elif event == "os.mkdir":
        actions.note_file("mkdir", args[0])
    elif event == "http.client.send":
        actions.note(f"send {_head(args[1])}")


def _is_writing(mode: str | None, flags: int) -> bool:
    return bool(flags & _WRITING) or any(letter in (mode or "") for letter in "wax+")


def _head(data: Any) -> str:
    """Return the request line without its version, or `body` for a piece of a body."""
    if isinstance(data, bytes | bytearray):
        line, _, version = bytes(data).partition(b"\r\n")[0].rpartition(b" ")
        if version.startswith(b"HTTP/"):
            return line.decode("ascii", "replace")
    return "body"


def _wrap_statements(actions: Actions) -> None:
    under_way = local()
    execute, getresponse = SnowflakeCursorBase.execute, http.client.HTTPConnection.getresponse

    @functools.wraps(execute)
    def executing(cursor: Any, command: str, *args: Any, **kwargs: Any) -> Any:
        statement = " ".join(_COMMENT.sub("", command).split())
        actions.note(f"execute {statement}")
        under_way.statement = statement
        try:
            result = execute(cursor, command, *args, **kwargs)
        finally:
            under_way.statement = None
        actions.note(f"answered {statement}")
        return result

    @functools.wraps(getresponse)
    def waiting(connection: Any) -> Any:
        if statement := getattr(under_way, "statement", None):
            actions.note(f"sent {statement}")
        return getresponse(connection)

    SnowflakeCursorBase.execute = executing
    http.client.HTTPConnection.getresponse = waiting


def _wrap_line_check(actions: Actions) -> None:
    feed = LineCheck.feed
    pieces: dict[LineCheck, int] = {}

    @functools.wraps(feed)
    def feeding(check: LineCheck, piece: bytes) -> None:
        pieces[check] = pieces.get(check, 0) + 1
        actions.note(f"check {pieces[check]}")
        feed(check, piece)

    LineCheck.feed = feeding
