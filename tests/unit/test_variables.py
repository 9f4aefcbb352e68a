"""Variables that hold numbers, and refused values."""

from __future__ import annotations

import pytest
from amplitude_export.errors import BadSetting
from amplitude_export.settings import whole_number


@pytest.mark.parametrize(("text", "number"), [("24", 24), (" 7 ", 7), ("-1", -1)])
def test_a_number_is_read(text: str, number: int) -> None:
    """The range is not checked here."""
    assert whole_number("amplitude_window_hours", text) == number


@pytest.mark.parametrize("text", ["", "six", "1.5", "24h"])
def test_a_value_that_is_not_a_number_is_refused(text: str) -> None:
    """The message names the Variable, its value and what to do."""
    with pytest.raises(BadSetting, match="Airflow Variable amplitude_window_hours is") as raised:
        whole_number("amplitude_window_hours", text)
    assert "correct the Variable" in raised.value.do
