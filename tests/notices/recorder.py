"""A notifier that keeps what it is given, as a user's own would be: only synchronous."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class Recorder(BaseNotifier):
    """Has one argument, `text`, which is a template."""

    template_fields = ("text",)
    sent: ClassVar[list[str]] = []

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        """Keeps the rendered text."""
        self.sent.append(self.text)


class Broken(Recorder):
    """Never reaches anybody."""

    def notify(self, context: Any) -> None:
        """As if its server were away."""
        raise ConnectionRefusedError("nobody listens at this port")


RECORDER, BROKEN = (f"{kind.__module__}.{kind.__qualname__}" for kind in (Recorder, Broken))
