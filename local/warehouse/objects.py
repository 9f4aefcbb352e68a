"""CREATE, ALTER, DESC, DROP and SHOW of storage integrations and external stages, and LIST."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from sqlglot.tokenizer_core import Token

from local.warehouse.catalogue import IAM_USER_ARN, Catalogue, Integration, Stage
from local.warehouse.errors import COMPILATION, error, not_offered, syntax_error
from local.warehouse.properties import Reader
from local.warehouse.s3_files import S3Files


class Answer(NamedTuple):
    """A small result set: all values as text."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def done(text: str = "Statement executed successfully.") -> Answer:
    """What a statement without rows answers."""
    return Answer(("status",), [(text,)])


def run(tokens: tuple[Token, ...], text: str, catalogue: Catalogue, s3: S3Files) -> Answer | None:
    """The statement's answer; None for a stage that is not external, which is fakesnow's."""
    reader = Reader(tokens)
    if reader.take("LIST") or reader.take("LS"):
        return _list(text, catalogue, s3)
    if reader.take("SHOW"):
        return Answer(("name",), [(name,) for name in catalogue.integrations()])
    verb = _verb(reader)
    if reader.take("STAGE"):
        return _stage(verb, reader, catalogue)
    if reader.take("STORAGE INTEGRATION") or reader.take("INTEGRATION"):
        return _integration(verb, reader, catalogue)
    raise syntax_error(text)


def _verb(reader: Reader) -> str:
    for verb in ("CREATE OR REPLACE", "CREATE", "ALTER", "DESCRIBE", "DESC", "DROP"):
        if reader.take(verb):
            reader.take("TEMPORARY")
            return verb
    raise syntax_error("unexpected verb")


def _integration(verb: str, reader: Reader, catalogue: Catalogue) -> Answer:
    tolerant = reader.take("IF NOT EXISTS") or reader.take("IF EXISTS")
    name = reader.name()
    exists = catalogue.has_integration(name)
    if verb.startswith("CREATE"):
        if exists and verb == "CREATE":
            return _exists("Integration", name, tolerant)
        catalogue.keep_integration(Integration(name).changed(reader.properties()))
        return done(f"Integration {name} successfully created.")
    if not exists and tolerant:
        return done()
    integration = catalogue.integration(name)
    if verb == "DROP":
        catalogue.drop_integration(name)
        return done(f"{name} successfully dropped.")
    if verb == "ALTER":
        _expect_set(reader)
        catalogue.keep_integration(integration.changed(reader.properties()))
        return done()
    return _described_integration(integration)


def _stage(verb: str, reader: Reader, catalogue: Catalogue) -> Answer | None:
    tolerant = reader.take("IF NOT EXISTS") or reader.take("IF EXISTS")
    name = reader.name()
    found = catalogue.find_stage(name)
    if verb.startswith("CREATE"):
        properties = reader.properties()
        if "URL" not in properties:
            return None
        if found and verb == "CREATE":
            return _exists("Object", name, tolerant)
        catalogue.keep_stage(_changed(catalogue.named(name), properties))
        return done(f"Stage area {catalogue.named(name).name} successfully created.")
    if found is None and tolerant:
        return done()
    stage = catalogue.stage(name)
    if verb == "DROP":
        catalogue.drop_stage(stage)
        return done(f"{stage.name} successfully dropped.")
    if verb == "ALTER":
        _expect_set(reader)
        catalogue.keep_stage(_changed(stage, reader.properties()))
        return done()
    return _described_stage(stage)


def _changed(stage: Stage, properties: dict[str, Any]) -> Stage:
    integration = properties.get("STORAGE_INTEGRATION", stage.storage_integration)
    file_format = properties.get("FILE_FORMAT", {"FORMAT_NAME": stage.file_format})
    if "FORMAT_NAME" not in file_format:
        raise not_offered("A stage whose FILE_FORMAT has no FORMAT_NAME")
    return replace(
        stage,
        url=properties.get("URL", stage.url),
        storage_integration=integration and integration.upper(),
        file_format=file_format["FORMAT_NAME"],
    )


def _list(text: str, catalogue: Catalogue, s3: S3Files) -> Answer | None:
    _, _, reference = text.strip().rstrip(";").partition("@")
    name, _, path = reference.strip().rstrip("'").partition("/")
    stage = catalogue.find_stage(name)
    if stage is not None and not stage.url:
        return None
    url = catalogue.stage(name).url + path
    rows = [
        (f.url, f.size, f.etag, f"{f.modified:%a, %d %b %Y %H:%M:%S} GMT") for f in s3.list(url)
    ]
    return Answer(("name", "size", "md5", "last_modified"), rows)


def _expect_set(reader: Reader) -> None:
    if not reader.take("SET"):
        raise syntax_error("only SET is offered after ALTER … of this object.")


def _exists(what: str, name: str, tolerant: bool) -> Answer:
    if not tolerant:
        raise error(2002, "42710", f"{COMPILATION}{what} '{name}' already exists.")
    return done(f"{name} already exists, statement succeeded.")


def _described_integration(integration: Integration) -> Answer:
    rows = [
        ("ENABLED", "Boolean", str(integration.enabled).lower(), "false"),
        ("STORAGE_PROVIDER", "String", integration.storage_provider, ""),
        ("STORAGE_ALLOWED_LOCATIONS", "List", _joined(integration.storage_allowed_locations), "[]"),
        ("STORAGE_BLOCKED_LOCATIONS", "List", _joined(integration.storage_blocked_locations), "[]"),
        ("STORAGE_AWS_IAM_USER_ARN", "String", IAM_USER_ARN, ""),
        ("STORAGE_AWS_ROLE_ARN", "String", integration.storage_aws_role_arn, ""),
        ("STORAGE_AWS_EXTERNAL_ID", "String", integration.storage_aws_external_id, ""),
        ("COMMENT", "String", integration.comment, ""),
    ]
    return Answer(("property", "property_type", "property_value", "property_default"), rows)


def _described_stage(stage: Stage) -> Answer:
    rows = [
        ("STAGE_FILE_FORMAT", "FORMAT_NAME", "String", stage.file_format or "", ""),
        ("STAGE_LOCATION", "URL", "String", f'["{stage.url}"]' if stage.url else "", ""),
        ("STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", stage.storage_integration or "", ""),
    ]
    columns = ("parent_property", "property", "property_type", "property_value", "property_default")
    return Answer(columns, rows)


def _joined(places: tuple[str, ...]) -> str:
    return ",".join(places)
