"""`make airflow`: Airflow's own commands, on the Airflow that `make up` left running."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import TextIO
from urllib.parse import urlsplit

from local.launcher import airflow
from local.launcher.job import echo
from local.launcher.settings import ROOT, Settings, SettingsError
from local.launcher.stack import Stack, connections

USE = 'Use: make airflow A="dags list", or `make airflow` alone, and paste the command there.'


def run(given: Settings, line: str) -> int:
    """Run one command, from `line` or from stdin, and return its exit code.

    Raises SettingsError if nothing runs, and for a line that is not a command.
    """
    stack = Stack.running()
    if stack is None:
        raise SettingsError("Airflow is not running here: start it with `make up`.")
    command = words(line) if line.strip() else pasted(sys.stdin)
    base = {**connections(stack), **given.env}
    env = airflow.environment(base, urlsplit(stack.url).port or 0, schedule=True)
    done = subprocess.run([sys.executable, "-m", "airflow", *command], env=env, cwd=ROOT)
    return done.returncode


def words(line: str) -> list[str]:
    """Return the arguments of a command line, with or without the word `airflow` before them.

    Raises SettingsError if there are none, or if a shell has removed the quotes of a JSON value.
    """
    try:
        found = shlex.split(line.replace("\\\n", " "))
    except ValueError as error:
        raise SettingsError(f"{line.strip()} is not a command: {error}. {USE}") from error
    command = found[1:] if found[:1] == ["airflow"] else found
    if not command:
        raise SettingsError(f"There is no command. {USE}")
    _require_json(command)
    return command


def _require_json(command: Sequence[str]) -> None:
    for word in command:
        if word.startswith("{"):
            try:
                json.loads(word)
            except ValueError as error:
                raise SettingsError(
                    f'{word} is not JSON; inside A="…" the shell removes its quotes. {USE}'
                ) from error


def pasted(lines: TextIO) -> list[str]:
    """Return the arguments of the command that is pasted: lines end with `\\` but for the last."""
    if lines.isatty():
        echo("Paste one of Airflow's commands:")
    line = ""
    for each in lines:
        line += each
        if line.strip() and not each.rstrip().endswith("\\"):
            break
    return words(line)
