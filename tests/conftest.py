"""What all tests share: the same examples every time, and no deadline on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("same_every_time", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("same_every_time")
