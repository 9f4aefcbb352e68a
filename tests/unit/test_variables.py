"""Variables that are numbers, and those that are not."""

from __future__ import annotations

import pytest
from amplitude_export.errors import BadSetting
from amplitude_export.settings import whole_number


@pytest.mark.parametrize(("text", "number"), [("24", 24), (" 7 ", 7), ("-1", -1)])
def test_a_number_is_read(text: str, number: int) -> None:
    """Whether it is in range is not decided here."""
    assert whole_number("amplitude_window_hours", text) == number


@pytest.mark.parametrize("text", ["", "six", "1.5", "24h"])
def test_what_is_no_number_names_the_variable(text: str) -> None:
    """The value stands in the message, and what to do."""
    with pytest.raises(BadSetting, match="Airflow Variable amplitude_window_hours is") as raised:
        whole_number("amplitude_window_hours", text)
    assert "correct the Variable" in raised.value.do
