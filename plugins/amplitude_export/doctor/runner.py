"""Runs checks one after the other: none hides another, and one fault is not reported twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from amplitude_export.doctor.check import Check, State
from amplitude_export.errors import PipelineError
from amplitude_export.redaction import redact

log = logging.getLogger(__name__)

_AGAIN = "run the doctor again in some minutes; if it stays, see docs/runbook.md."
_UNEXPECTED = "the log has the traceback; this is none of the faults that the doctor knows."


class Fault(Exception):
    """What a check found wrong, and what to do about it."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what, do)
        self.what = what
        self.do = do


class Skipped(Exception):
    """Why a check cannot be made here; nothing is known to be wrong."""


class DependsOn(Exception):
    """The name of the failed check that has to be mended first."""


class CheckRunner:
    """The checks so far; `before` are those of another examination that later ones may need.

    `secrets` are blackened in everything that is said.
    """

    def __init__(self, before: Iterable[Check] = (), secrets: Iterable[str] = ()) -> None:
        self.checks: list[Check] = []
        self._secrets = [secret for secret in secrets if secret]
        self._before = list(before)
        # Of each check that did not come off: the failed one that is to blame.
        self._blame = {
            check.name: check.name for check in self._before if check.state is not State.OK
        }

    def run(self, name: str, look: Callable[[], str], needs: Iterable[str] = ()) -> None:
        """Makes the check `name`: `look` returns what was found, or raises.

        Fault and PipelineError fail the check with their words, any other error with its type;
        Skipped and DependsOn skip it, as does a failed check among `needs`.
        """
        try:
            for need in needs:
                if need in self._blame:
                    raise DependsOn(self._blame[need])
            self._add(name, State.OK, look())
        except Skipped as because:
            self._add(name, State.SKIPPED, f"not looked at: {because}")
        except DependsOn as need:
            self._blame[name] = str(need)
            self._add(name, State.SKIPPED, f"not looked at: it needs {need}")
        except (Fault, PipelineError) as error:
            self._fail(name, error.what, error.do or _AGAIN)
        except Exception as error:
            log.exception("The check %s ended unexpectedly.", name)
            self._fail(name, f"{type(error).__name__}: {error}", _UNEXPECTED)

    def state(self, name: str) -> State | None:
        """How the check ended, here or before; None where nobody has made it."""
        made = {check.name: check.state for check in (*self._before, *self.checks)}
        return made.get(name)

    def _fail(self, name: str, found: str, do: str) -> None:
        self._blame[name] = name
        self._add(name, State.FAILED, found, do)

    def _add(self, name: str, state: State, found: str, do: str = "") -> None:
        self.checks.append(Check(name, state, self._said(found), self._said(do)))

    def _said(self, text: str) -> str:
        """In one line, without the secrets."""
        return " ".join(redact(text, self._secrets).split())
