"""The error tree: each error states what to do, can be pickled, and is in the runbook."""

from __future__ import annotations

import pickle
import re
from datetime import timedelta
from pathlib import Path

import pytest
from amplitude_export import errors
from amplitude_export.errors import DoNotRetry, PipelineError, SplitWindow, TryAgain

RUNBOOK = Path(__file__).parents[2] / "docs/runbook.md"
CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, PipelineError)]
LEAVES = [c for c in CLASSES if c not in (PipelineError, TryAgain, DoNotRetry)]


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    "retry_after", [None, timedelta(minutes=3)], ids=["usual backoff", "asked"]
)
def test_an_error_survives_pickling(
    kind: type[PipelineError], retry_after: timedelta | None
) -> None:
    """The parent process gets the same error that the child process raised."""
    error = pickle.loads(pickle.dumps(kind("What happened.", "do this.", retry_after)))
    assert type(error) is kind
    assert (error.what, error.do, error.retry_after) == ("What happened.", "do this.", retry_after)


@pytest.mark.parametrize("kind", LEAVES)
def test_an_error_states_what_happened_and_what_to_do(kind: type[PipelineError]) -> None:
    """Who shows it adds the link to the runbook, once, even if an error quotes another."""
    assert str(kind("What happened.", "do this.")) == "What happened. What to do: do this."
    assert str(kind("What happened.")) == "What happened."


@pytest.mark.parametrize("kind", LEAVES)
def test_the_runbook_has_that_section(kind: type[PipelineError]) -> None:
    """The link beside the message has a target."""
    assert re.search(rf"^#+ {kind.__name__}\s*$", RUNBOOK.read_text(), re.M)


@pytest.mark.parametrize("kind", LEAVES)
def test_an_error_has_exactly_one_consequence(kind: type[PipelineError]) -> None:
    """The task is retried, or it is not, or the window is split."""
    assert [issubclass(kind, base) for base in (TryAgain, DoNotRetry, SplitWindow)].count(True) == 1


@pytest.mark.parametrize("kind", LEAVES)
def test_the_tree_in_the_docstring_has_every_error(kind: type[PipelineError]) -> None:
    """The drawing in the file names every class of the file."""
    assert re.search(rf"\b{kind.__name__}\b", errors.__doc__ or "")
