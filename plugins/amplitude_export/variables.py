"""Airflow's Variables arrive as text."""

from __future__ import annotations

from amplitude_export.errors import BadSetting


def whole_number(name: str, text: str) -> int:
    """The Variable `name` as a number; what range it may have is for its user to say.

    Raises BadSetting when it is none.
    """
    try:
        return int(text)
    except ValueError as error:
        raise BadSetting(
            f"The Airflow Variable {name} is {text!r}, which is no whole number.",
            "correct the Variable, or remove it to get the default.",
        ) from error
