"""Start stand-ins as forks of one process that has imported them: imports cost 1 to 2 s each time.

`Fork("local.warehouse", …)` runs what `python -m local.warehouse …` runs, in a process of its own:
the function `main` of its `__main__`. It inherits nothing but the imported modules, which must not
start threads: a fork has none of them.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Seconds for a process to end.
_PATIENCE = 30
# Bytes of a request, at most: mainly this process's environment.
_REQUEST = 2**17


class Fork:
    """A running stand-in; it has this process's environment as it is now, and its stderr."""

    def __init__(self, module: str, *arguments: str) -> None:
        request = {"module": module, "arguments": arguments, "environment": dict(os.environ)}
        output, status = os.pipe(), os.pipe()
        socket.send_fds(_server(), [json.dumps(request).encode()], [output[1], status[1]])
        os.close(output[1])
        os.close(status[1])
        self._stdout, self._status = os.fdopen(output[0]), os.fdopen(status[0])
        self._pid = int(self._status.readline())
        self.returncode: int | None = None

    def ready_url(self) -> str:
        """Wait for the line `ready URL`, and return the URL; empty if the process ends before."""
        word, _, url = self._stdout.readline().strip().partition(" ")
        return url if word == "ready" else ""

    def end(self) -> None:
        """Send SIGTERM, and wait for the end of the process. Raises TimeoutError after 30 s."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        self.wait()

    def wait(self) -> None:
        """Wait for the end of the process, and read its exit code; negative: that signal's.

        Raises TimeoutError after 30 s.
        """
        self._stdout.close()
        with self._status:
            if not select.select([self._status], [], [], _PATIENCE)[0]:
                raise TimeoutError(f"The process {self._pid} has not ended within {_PATIENCE} s.")
            self.returncode = int(self._status.readline())


@cache
def _server() -> socket.socket:
    """Start the process that forks, and return its socket; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "local.forks", f"{theirs.fileno()}"],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
        )
    return ours


def main() -> None:
    """Fork for each request, until the socket of the other process is closed."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The kernel forgets the watchers as they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, (*files,), *_ = socket.recv_fds(requests, _REQUEST, 2)
        if not request:
            return
        wanted = json.loads(request)
        import_module(f"{wanted['module']}.__main__")
        # Modules stay: otherwise each full collection of garbage visits all of them.
        gc.freeze()
        if os.fork() == 0:
            requests.close()
            _watch(wanted, *files)
        for file in files:
            os.close(file)


def _watch(wanted: dict[str, Any], output: int, status: int) -> None:
    """Fork the stand-in; write its pid to `status`, and its exit code when it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(status)
        os._exit(_run(wanted, output))
    os.close(output)
    os.write(status, f"{pid}\n".encode())
    _, ended = os.waitpid(pid, 0)
    os.write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
    os._exit(0)


def _run(wanted: dict[str, Any], output: int) -> int:
    """Run the module as `python -m` does, and return its exit code."""
    module, environment = wanted["module"], wanted["environment"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(output, 1)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [f"{module}", *wanted["arguments"]]
    try:
        sys.modules[f"{module}.__main__"].main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    main()
