"""One fault is one ✗: the other checks run all the same, or name the check that they need."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import NoReturn

import pytest
from amplitude_export.doctor.check import Check, State
from amplitude_export.doctor.report import Report
from amplitude_export.doctor.runner import CheckRunner, DependsOn, Fault, Skipped
from amplitude_export.errors import AmplitudeUnavailable, BucketRefused, ChecksFailed
from amplitude_export.record import from_record, to_record

SECRET = "it's-a-made-up-secret"


def raising(error: Exception) -> Callable[[], NoReturn]:
    def check() -> NoReturn:
        raise error

    return check


ENDS = {
    "a fault": (Fault("it is broken", "fix it."), State.FAILED, "it is broken", "fix it."),
    "an error of the pipeline": (
        BucketRefused("S3 denies it.", "grant it."),
        State.FAILED,
        "S3 denies it.",
        "grant it.",
    ),
    "an error without advice": (
        AmplitudeUnavailable("no response."),
        State.FAILED,
        "no response.",
        "run the doctor again",
    ),
    "an unknown error": (
        ZeroDivisionError("by 0"),
        State.FAILED,
        "ZeroDivisionError: by 0",
        "see the traceback in the log",
    ),
    "nothing to check": (
        Skipped("no connection"),
        State.SKIPPED,
        "skipped: no connection",
        "",
    ),
    "a fault of another check": (
        DependsOn("other.one"),
        State.SKIPPED,
        "skipped: it needs other.one",
        "",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_outcome_follows_the_exception(end: str) -> None:
    """No exception stops the next check."""
    error, state, found, do = ENDS[end]
    runner = CheckRunner()
    runner.run("a.first", raising(error))
    runner.run("a.second", lambda: "fine")
    first, second = runner.checks
    assert (first.name, first.state, first.found) == ("a.first", state, found)
    assert first.do.startswith(do)
    assert (second.state, second.found) == (State.OK, "fine")


def test_an_unknown_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """The report has its type, and the log has the rest."""
    with caplog.at_level(logging.ERROR):
        CheckRunner().run("a.first", raising(ZeroDivisionError("by 0")))
    (record,) = caplog.records
    assert "a.first" in record.message
    assert record.exc_info


def test_a_skipped_check_names_the_first_cause() -> None:
    """Over several steps, and from one runner to the next."""
    before = CheckRunner()
    before.run("a.first", raising(Fault("broken", "fix it.")))
    runner = CheckRunner(before.checks)
    runner.run("a.second", lambda: "fine", needs=["a.first"])
    runner.run("a.third", lambda: "fine", needs=["a.second"])
    assert [check.found for check in runner.checks] == ["skipped: it needs a.first"] * 2


def test_a_skipped_check_does_not_skip_those_that_need_it() -> None:
    """A check that cannot run here is not a fault."""
    runner = CheckRunner()
    runner.run("a.first", raising(Skipped("no connection")))
    runner.run("a.second", lambda: "fine", needs=["a.first"])
    assert runner.checks[1].state is State.OK


def test_secrets_are_redacted() -> None:
    """In both forms, plain and as Python's repr; each check stays one line."""
    runner = CheckRunner(secrets=[SECRET, ""])
    runner.run("a.first", raising(Fault(f"{SECRET}\nis wrong", f"not {SECRET!r}")))
    (check,) = runner.checks
    assert check.found == "*** is wrong"
    assert SECRET not in json.dumps(to_record(check))
    assert "\n" not in check.line


CHECKS = [
    Check("a.first", State.OK, "fine"),
    Check("a.second", State.FAILED, "it is broken.", "fix it."),
    Check("a.third", State.SKIPPED, "skipped: it needs a.second"),
]


def test_a_report_has_a_line_for_each_check_and_a_summary() -> None:
    """A line has its mark, its name, its finding and its advice; the first names the deployment.

    The last lines are those of the failed checks again: a terminal shows only the end.
    """
    assert Report(CHECKS, deployment="test").lines.splitlines() == [
        "Deployment: test",
        "✓ a.first                fine",
        "✗ a.second               it is broken. What to do: fix it.",
        "– a.third                skipped: it needs a.second",
        "1 of 3 checks passed, 1 failed, 1 skipped.",
        "✗ a.second               it is broken. What to do: fix it.",
    ]
    good = Report([CHECKS[0]]).lines.splitlines()
    assert good[-1] == "1 of 1 checks passed, 0 failed, 0 skipped."


def test_a_report_is_read_back_from_its_record() -> None:
    """The record goes from task to task, and to `make doctor --json`."""
    record = json.loads(json.dumps(to_record(Report(CHECKS))))
    assert record["ok"] is False
    assert record["checks"][1] == {
        "name": "a.second",
        "state": "failed",
        "found": "it is broken.",
        "do": "fix it.",
    }
    assert from_record(list[Check], record["checks"]) == CHECKS


def test_failed_checks_raise_an_error_that_names_them() -> None:
    """A retry does not fix it; without a failed check no error is raised."""
    with pytest.raises(ChecksFailed, match=r"^1 of 3 checks failed: a.second\."):
        Report(CHECKS).require_ok()
    good = Report([CHECKS[0], CHECKS[2]])
    assert good.ok
    good.require_ok()
