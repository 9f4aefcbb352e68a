"""Secrets in messages are masked: complete, quoted and cut off."""

from __future__ import annotations

import pytest
from amplitude_export.errors import BadSetting
from amplitude_export.redaction import excerpt, redact, redact_error

SECRET = "it's a\tsecret"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SECRET, id="as it is"),
        pytest.param(f"{SECRET} and {SECRET}", id="twice"),
        pytest.param(repr(SECRET), id="quoted"),
    ],
)
def test_a_secret_is_masked(text: str) -> None:
    """It is masked in every form in which a message can contain it."""
    redacted = redact(f"bad: {text}", [SECRET])
    assert "secret" not in redacted
    assert redacted.startswith("bad: ")
    assert "***" in redacted


def test_an_empty_secret_masks_nothing() -> None:
    """A connection without a password has none."""
    assert redact("bad", ["", SECRET]) == "bad"


def test_an_error_is_redacted_in_its_text_and_its_arguments() -> None:
    """Pickle and logging use the arguments."""
    error = BadSetting(f"bad: {SECRET}", "do this.")
    redact_error(error, [SECRET])
    assert str(error) == "bad: *** What to do: do this."
    assert error.args == ("bad: ***", "do this.", None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"short", "short", id="whole"),
        pytest.param(b"of it abcdef", "of it ", id="cut within a word"),
        pytest.param(b"\xff\xfe!", "\ufffd\ufffd!", id="not UTF-8"),
        pytest.param(b"a\r\n\tb", "a\r\n\tb", id="white space"),
        pytest.param(b"\x1f\x8b\x08\0key", "(binary, begins with 1f 8b 08 00)", id="binary"),
    ],
)
def test_an_excerpt_never_ends_with_half_a_word(body: bytes, expected: str) -> None:
    """Half of a key would not be found and masked."""
    assert excerpt(body, 10) == expected
