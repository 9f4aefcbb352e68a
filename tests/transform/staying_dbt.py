"""dbt in a process that stays, in its environment: each line is a command, then an outcome.

Starting dbt for every command would cost five seconds each time. (The file can't be called
`dbt_….py`: dbt would load it as a plugin.)
"""

from __future__ import annotations

import gc
import json
import os
import sys

from dbt.cli.main import dbtRunner


def outcomes(result: object) -> dict[str, list[str]]:
    """Return each node's status and message."""
    nodes = getattr(result, "results", None) or []
    return {node.node.name: [str(node.status), str(node.message)] for node in nodes}


def main() -> None:
    """Read commands from stdin; the arguments are the project and the profile's folder."""
    # dbt's own output goes to stderr, even if it replaces sys.stdout.
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    options = sys.argv[1:]
    parsed = dbtRunner().invoke(["parse", "--quiet", *options])
    # The manifest stays: otherwise each full collection of garbage visits all of it.
    gc.freeze()
    runner = dbtRunner(manifest=parsed.result)
    for line in sys.stdin:
        done = runner.invoke([*json.loads(line), "--quiet", *options])
        outcome = {
            "success": done.success,
            "error": str(done.exception or ""),
            "nodes": outcomes(done.result),
        }
        results.write(json.dumps(outcome) + "\n")
        results.flush()


if __name__ == "__main__":
    main()
