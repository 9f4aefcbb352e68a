"""Responses before they are sent, and the refusal that becomes one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """A response; `body` is at its start, and its size becomes the Content-Length."""

    status: int
    body: BinaryIO
    content_type: str = PLAIN
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        status: int,
        body: str | bytes,
        content_type: str = PLAIN,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return a response with this body; text is encoded as UTF-8."""
        data = body.encode() if isinstance(body, str) else body
        return cls(status, io.BytesIO(data), content_type, headers or {})

    @property
    def size(self) -> int:
        """Return the length of the whole body in bytes; the body is at its start afterwards."""
        size = self.body.seek(0, io.SEEK_END)
        self.body.seek(0)
        return size


class Refused(Exception):
    """A request that gets no archive: its status, and a body with the reason."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = Answer.of(status, message)
