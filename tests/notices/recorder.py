"""A notifier that records its texts. Like a user's own, it is only synchronous."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class Recorder(BaseNotifier):
    """A notifier with one argument, the template `text`."""

    template_fields = ("text",)
    sent: ClassVar[list[str]] = []

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        """Record the rendered text."""
        self.sent.append(self.text)


class Broken(Recorder):
    """A notifier whose server does not respond."""

    def notify(self, context: Any) -> None:
        """Raise the error of a refused connection."""
        raise ConnectionRefusedError("no server listens on this port")


RECORDER, BROKEN = (f"{kind.__module__}.{kind.__qualname__}" for kind in (Recorder, Broken))
