"""Run checks one after the other: none hides another, and no fault is reported twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from amplitude_export.doctor.check import Check, State
from amplitude_export.errors import PipelineError
from amplitude_export.redaction import redact

log = logging.getLogger(__name__)

_AGAIN = "run the doctor again in a few minutes; if the fault persists, see docs/runbook.md."
_UNEXPECTED = "see the traceback in the log; the doctor does not know this fault."


class Fault(Exception):
    """A finding of a check: `what` is wrong, and what to `do`."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what, do)
        self.what = what
        self.do = do


class Skipped(Exception):
    """The reason why a check cannot run here; no fault is known."""


class DependsOn(Exception):
    """The name of the failed check that has to be fixed first."""


class CheckRunner:
    """Runs checks and keeps their results.

    `before` are the results of another runner that the checks can need; `secrets` are redacted in
    every finding and advice.
    """

    def __init__(self, before: Iterable[Check] = (), secrets: Iterable[str] = ()) -> None:
        self.checks: list[Check] = []
        self._secrets = [secret for secret in secrets if secret]
        self._before = list(before)
        # Each check that did not pass, with the failed one that caused it.
        self._cause = {
            check.name: check.name for check in self._before if check.state is not State.OK
        }

    def run(self, name: str, check: Callable[[], str], needs: Iterable[str] = ()) -> None:
        """Run the check `name`: `check` returns its finding, or raises.

        Fault and PipelineError fail the check with their message, any other error with its type;
        Skipped and DependsOn skip it, as does a failed check among `needs`.
        """
        try:
            for need in needs:
                if need in self._cause:
                    raise DependsOn(self._cause[need])
            self._add(name, State.OK, check())
        except Skipped as reason:
            self._add(name, State.SKIPPED, f"skipped: {reason}")
        except DependsOn as need:
            self._cause[name] = str(need)
            self._add(name, State.SKIPPED, f"skipped: it needs {need}")
        except (Fault, PipelineError) as error:
            self._fail(name, error.what, error.do or _AGAIN)
        except Exception as error:
            log.exception("The check %s ended unexpectedly.", name)
            self._fail(name, f"{type(error).__name__}: {error}", _UNEXPECTED)

    def state(self, name: str) -> State | None:
        """Return the outcome of the check, here or before; None if it did not run."""
        states = {check.name: check.state for check in (*self._before, *self.checks)}
        return states.get(name)

    def _fail(self, name: str, found: str, do: str) -> None:
        self._cause[name] = name
        self._add(name, State.FAILED, found, do)

    def _add(self, name: str, state: State, found: str, do: str = "") -> None:
        self.checks.append(Check(name, state, self._one_line(found), self._one_line(do)))

    def _one_line(self, text: str) -> str:
        """Return the text in one line and without the secrets."""
        return " ".join(redact(text, self._secrets).split())
