"""dbt in a process that stays: a command a line, its outcome a line. Runs in dbt's environment.

A dbt that starts for every command would cost five seconds each time. (The file can't be called
`dbt_….py`: dbt would load it as a plugin.)
"""

from __future__ import annotations

import json
import os
import sys

from dbt.cli.main import dbtRunner


def outcomes(result: object) -> dict[str, list[str]]:
    """What became of each node: its status and what was said."""
    nodes = getattr(result, "results", None) or []
    return {node.node.name: [str(node.status), str(node.message)] for node in nodes}


def main() -> None:
    """The project and the profile's folder come as arguments, the commands by stdin."""
    # dbt's own lines go where errors go, whatever it makes of sys.stdout.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    options = sys.argv[1:]
    parsed = dbtRunner().invoke(["parse", "--quiet", *options])
    runner = dbtRunner(manifest=parsed.result)
    for line in sys.stdin:
        done = runner.invoke([*json.loads(line), "--quiet", *options])
        answer = {
            "success": done.success,
            "error": str(done.exception or ""),
            "nodes": outcomes(done.result),
        }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
