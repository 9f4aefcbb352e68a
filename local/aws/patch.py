"""Puts this package's functions in the place of moto's methods: moto has no hooks."""

from __future__ import annotations

from typing import Any


def replace(owner: type, **methods: Any) -> None:
    """Replace the class's attributes of these names; raise AttributeError for one it never had.

    So another version of moto, in which nobody calls the name any more, does not go unnoticed.
    """
    for name, method in methods.items():
        getattr(owner, name)
        setattr(owner, name, method)
