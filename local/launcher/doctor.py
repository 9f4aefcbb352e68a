"""`make doctor`: the product's own checks, on the accounts of `.env` or on stand-ins.

A stack that `make up` left running is checked as it is. Otherwise stand-ins replace the accounts
that are not configured, set up as `amplitude_setup` does it, until the checks have ended.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from local.launcher import job
from local.launcher.settings import Settings
from local.launcher.setup import environment, use

if TYPE_CHECKING:
    from amplitude_export.doctor.report import Report


def doctor(given: Settings, *, as_json: bool) -> int:
    """Print a line for each check, or one JSON object; return 0 only if none failed."""
    # Output of Airflow and its hooks goes to stderr: programs parse stdout.
    with redirect_stdout(sys.stderr), environment(given) as env:
        found = _examine(given, env)
    from amplitude_export.record import to_record

    job.echo(json.dumps(to_record(found), indent=1) if as_json else found.lines)
    return 0 if found.ok else 1


def _examine(given: Settings, env: Mapping[str, str]) -> Report:
    use(env)
    from amplitude_export.doctor.run import examine

    return examine(str(given.data_dir), given.bucket, given.deployment)
