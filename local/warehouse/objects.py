"""Dispatch of statements on storage integrations and external stages."""

from __future__ import annotations

from local.warehouse import integrations
from local.warehouse.errors import syntax_error
from local.warehouse.properties import Reader
from local.warehouse.results import Answer
from local.warehouse.stages import Stages
from local.warehouse.statements import Statement


def run(statement: Statement, stages: Stages) -> Answer | None:
    """Return the result; None for a stage that is not external, which is fakesnow's."""
    reader = Reader(statement.tokens)
    if reader.take("LIST") or reader.take("LS"):
        return stages.list(statement.text)
    if reader.take("SHOW"):
        reader.words_until("LIKE")
        return integrations.show(reader, stages.catalogue, stages.access)
    verb = _verb(reader)
    if reader.take("STAGE"):
        return stages.run(verb, reader)
    if reader.take("STORAGE INTEGRATION") or reader.take("INTEGRATION"):
        return integrations.run(verb, reader, stages.catalogue, stages.access)
    raise syntax_error(statement.text)


def _verb(reader: Reader) -> str:
    for verb in ("CREATE OR REPLACE", "CREATE", "ALTER", "DESCRIBE", "DESC", "DROP"):
        if reader.take(verb):
            reader.take("TEMPORARY")
            return verb
    raise syntax_error("unexpected verb")
