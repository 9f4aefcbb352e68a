"""CREATE, ALTER, DESC and DROP of external stages, and LIST."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from local.warehouse.access.privileges import ANY, OWNERSHIP, USAGE, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.catalogue import Catalogue, Stage
from local.warehouse.errors import not_offered
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, exists, missing_object
from local.warehouse.trust import Trust

DESCRIBED = (
    "parent_property",
    "property",
    "property_type",
    "property_value",
    "property_default",
)


@dataclass(frozen=True)
class Stages:
    """The statements on stages in one session; the result is None for fakesnow's stages."""

    catalogue: Catalogue
    access: Access
    trust: Trust

    def run(self, verb: str, reader: Reader) -> Answer | None:
        """Run a statement from its word after STAGE."""
        tolerant = reader.take("IF NOT EXISTS") or reader.take("IF EXISTS")
        name = reader.name()
        found = self.catalogue.find_stage(name)
        if verb.startswith("CREATE"):
            return self._create(verb, name, found, reader.properties(), tolerant)
        if found is None and tolerant:
            return missing_object(name) if verb == "DROP" else done()
        enough = ANY if verb.startswith("DESC") else OWNERSHIP
        self.access.require(Need(enough, _securable(self.catalogue.named(name)), name))
        stage = self.catalogue.stage(name)
        if verb == "DROP":
            self.catalogue.drop_stage(stage)
            self.access.account.forget(_securable(stage))
            return done(f"{stage.name} successfully dropped.")
        if verb == "ALTER":
            reader.expect("SET")
            self._keep(stage, reader.properties())
            return done()
        return _described(stage)

    def list(self, text: str) -> Answer | None:
        """Return the objects below `@stage/path`."""
        _, _, reference = text.strip().rstrip(";").partition("@")
        name, _, path = reference.strip().rstrip("'").partition("/")
        found = self.catalogue.find_stage(name)
        wanted = self.catalogue.named(name)
        self.access.require(Need(USAGE, _securable(wanted), name.upper()))
        if found is not None and not found.url:
            return None
        stage = self.catalogue.stage(name)
        self.access.require_integration(stage.storage_integration)
        files = self.trust.files(stage, self.catalogue).list(stage.url + path)
        rows = [(f.url, f.size, f.etag, f"{f.modified:%a, %d %b %Y %H:%M:%S} GMT") for f in files]
        return Answer(("name", "size", "md5", "last_modified"), rows)

    def _create(
        self,
        verb: str,
        name: str,
        found: Stage | None,
        properties: dict[str, Any],
        tolerant: bool,
    ) -> Answer | None:
        made = self.catalogue.named(name)
        on = _securable(made)
        place = on.parents()[-1]
        self.access.require(Need(USAGE, place))
        self.access.require(Need("CREATE STAGE", place))
        if found and verb == "CREATE":
            return exists("Object", name, tolerant=tolerant)
        if found:
            self.access.require(Need(OWNERSHIP, on, name))
        if "URL" not in properties:
            return None
        self._keep(made, properties)
        self.access.created(on)
        return done(f"Stage area {made.name} successfully created.")

    def _keep(self, stage: Stage, properties: dict[str, Any]) -> None:
        changed = _changed(stage, properties)
        if "STORAGE_INTEGRATION" in properties:
            self.access.require_integration(changed.storage_integration)
        self.catalogue.keep_stage(changed)


def _securable(stage: Stage) -> Securable:
    return Securable("STAGE", f"{stage.database}.{stage.schema}.{stage.name}")


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


def _described(stage: Stage) -> Answer:
    rows = [
        ("STAGE_FILE_FORMAT", "FORMAT_NAME", "String", stage.file_format or "", ""),
        ("STAGE_LOCATION", "URL", "String", f'["{stage.url}"]' if stage.url else "", ""),
        ("STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", stage.storage_integration or "", ""),
    ]
    return Answer(DESCRIBED, rows)
