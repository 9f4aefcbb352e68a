"""One fault is one ✗: the rest is looked at all the same, or says what it waits for."""

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
    def look() -> NoReturn:
        raise error

    return look


ENDS = {
    "a fault": (Fault("it is broken", "mend it."), State.FAILED, "it is broken", "mend it."),
    "an error of the pipeline": (
        BucketRefused("S3 says no.", "ask."),
        State.FAILED,
        "S3 says no.",
        "ask.",
    ),
    "an error without advice": (
        AmplitudeUnavailable("no answer."),
        State.FAILED,
        "no answer.",
        "run the doctor again",
    ),
    "an unknown error": (
        ZeroDivisionError("by 0"),
        State.FAILED,
        "ZeroDivisionError: by 0",
        "the log has the traceback",
    ),
    "nothing to look at": (
        Skipped("nobody is there"),
        State.SKIPPED,
        "not looked at: nobody is there",
        "",
    ),
    "another one's fault": (
        DependsOn("other.one"),
        State.SKIPPED,
        "not looked at: it needs other.one",
        "",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_check_ends_as_its_look_does(end: str) -> None:
    """And never with an exception: the next check is made."""
    error, state, found, do = ENDS[end]
    runner = CheckRunner()
    runner.run("a.first", raising(error))
    runner.run("a.second", lambda: "fine")
    first, second = runner.checks
    assert (first.name, first.state, first.found) == ("a.first", state, found)
    assert first.do.startswith(do)
    assert (second.state, second.found) == (State.OK, "fine")


def test_an_unknown_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is swallowed."""
    with caplog.at_level(logging.ERROR):
        CheckRunner().look("a.first", raising(ZeroDivisionError("by 0")))
    (record,) = caplog.records
    assert "a.first" in record.message
    assert record.exc_info


def test_what_needs_a_failed_check_names_the_first_cause() -> None:
    """Also over several steps, and from one examination to the next."""
    before = CheckRunner()
    before.look("a.first", raising(Fault("broken", "mend it.")))
    runner = CheckRunner(before.checks)
    runner.run("a.second", lambda: "fine", needs=["a.first"])
    runner.run("a.third", lambda: "fine", needs=["a.second"])
    assert [check.found for check in runner.checks] == ["not looked at: it needs a.first"] * 2


def test_what_was_not_looked_at_holds_nothing_up() -> None:
    """A check that could not be made here is no fault."""
    runner = CheckRunner()
    runner.run("a.first", raising(Skipped("no connection")))
    runner.run("a.second", lambda: "fine", needs=["a.first"])
    assert runner.checks[1].state is State.OK


def test_a_secret_is_nowhere() -> None:
    """Neither as it is, nor as Python writes it; and each check stays one line."""
    runner = CheckRunner(secrets=[SECRET, ""])
    runner.run("a.first", raising(Fault(f"{SECRET}\nis wrong", f"not {SECRET!r}")))
    (check,) = runner.checks
    assert check.found == "*** is wrong"
    assert SECRET not in json.dumps(to_record(check))
    assert "\n" not in check.line


CHECKS = [
    Check("a.first", State.OK, "fine"),
    Check("a.second", State.FAILED, "it is broken.", "mend it."),
    Check("a.third", State.SKIPPED, "not looked at: it needs a.second"),
]


def test_a_report_has_a_line_for_each_check_and_sums_up() -> None:
    """For people."""
    assert Report(CHECKS).lines.splitlines() == [
        "✓ a.first                fine",
        "✗ a.second               it is broken. What to do: mend it.",
        "– a.third                not looked at: it needs a.second",
        "1 of 3 checks are good, 1 failed, 1 were not looked at.",
    ]


def test_a_report_is_read_back_from_its_record() -> None:
    """For machines, and from task to task."""
    record = json.loads(json.dumps(to_record(Report(CHECKS))))
    assert record["ok"] is False
    assert record["checks"][1] == {
        "name": "a.second",
        "state": "failed",
        "found": "it is broken.",
        "do": "mend it.",
    }
    assert from_record(list[Check], record["checks"]) == CHECKS


def test_what_failed_is_an_error_that_names_it() -> None:
    """Which no retry mends; without a failed check there is none."""
    with pytest.raises(ChecksFailed, match=r"^1 of 3 checks failed: a.second\."):
        Report(CHECKS).require_ok()
    good = Report([CHECKS[0], CHECKS[2]])
    assert good.ok
    good.require_ok()
