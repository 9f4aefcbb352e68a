"""ALTER SESSION and SHOW PARAMETERS."""

from __future__ import annotations

from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, is_like
from local.warehouse.settings import Settings
from local.warehouse.transactions import Transactions

SHOWN = ("key", "value", "default", "level", "description", "type")


def run(reader: Reader, settings: Settings, transactions: Transactions) -> Answer:
    """Run a statement, from its first word."""
    if reader.take("SHOW PARAMETERS"):
        pattern = reader.text() if reader.take("LIKE") else None
        return _shown(settings, pattern)
    reader.take("ALTER SESSION")
    if reader.take("UNSET"):
        settings.unset([name for name in reader.rest() if name != ","])
    elif reader.take("SET"):
        given = reader.properties()
        settings.update(given)
        if given.get("AUTOCOMMIT") is True:
            transactions.commit()
    return done()


def _shown(settings: Settings, pattern: str | None) -> Answer:
    rows = [
        (
            one.name,
            one.text(settings.value(one.name)),
            one.text(one.default),
            "SESSION" if settings.is_set(one.name) else "",
            one.description,
            one.type,
        )
        for one in settings.parameters()
        if is_like(pattern, one.name)
    ]
    return Answer(SHOWN, rows)
