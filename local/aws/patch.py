"""Replacement of moto's methods by this package's functions, because moto has no hooks."""

from __future__ import annotations

from typing import Any


def replace(owner: type, **methods: Any) -> None:
    """Replace the class's attributes of these names; raise AttributeError if one does not exist.

    A version of moto without the name is noticed that way.
    """
    for name, method in methods.items():
        getattr(owner, name)
        setattr(owner, name, method)
