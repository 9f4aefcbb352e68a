"""Write include/amplitude.schema.json from the classes of `amplitude_export.projects`.

`PYTHONPATH=plugins python -m tools.schema`; `--check` writes nothing and fails if it is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from amplitude_export.projects import json_schema

FILE = Path(__file__).resolve().parents[1] / "include" / "amplitude.schema.json"


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` compare it; return the exit code."""
    fresh = f"{json.dumps(json_schema(), indent=2)}\n"
    if "--check" not in arguments:
        FILE.write_text(fresh)
    elif not FILE.exists() or FILE.read_text() != fresh:
        print(
            f"{FILE} is stale. Run: PYTHONPATH=plugins .venv/bin/python -m tools.schema",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
