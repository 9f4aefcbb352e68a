"""CREATE, ALTER, DESC, DROP and SHOW of storage integrations."""

from __future__ import annotations

from local.warehouse import SNOWFLAKE_USER_ARN
from local.warehouse.access.privileges import ACCOUNT, OWNERSHIP, USAGE, Securable
from local.warehouse.access.session import Access, Need
from local.warehouse.catalogue import Catalogue, Integration
from local.warehouse.errors import missing
from local.warehouse.properties import Reader
from local.warehouse.results import Answer, done, exists, is_like, missing_object

DESCRIBED = ("property", "property_type", "property_value", "property_default")


def run(verb: str, reader: Reader, catalogue: Catalogue, access: Access) -> Answer:
    """Run a statement from its word after INTEGRATION."""
    tolerant = reader.take("IF NOT EXISTS") or reader.take("IF EXISTS")
    name = reader.name()
    there = catalogue.has_integration(name)
    if verb.startswith("CREATE"):
        access.require(Need("CREATE INTEGRATION", ACCOUNT))
        if there and verb == "CREATE":
            return exists("Integration", name, tolerant=tolerant)
        catalogue.keep_integration(Integration(name).changed(reader.properties()).created())
        access.created(Securable("INTEGRATION", name))
        return done(f"Integration {name} successfully created.")
    if not there:
        if tolerant:
            return missing_object(name) if verb == "DROP" else done()
        raise missing("Integration", name)
    enough = USAGE if verb.startswith("DESC") else OWNERSHIP
    access.require(Need(enough, Securable("INTEGRATION", name)))
    return _of_existing(verb, catalogue.integration(name), reader, catalogue, access)


def show(reader: Reader, catalogue: Catalogue, access: Access) -> Answer:
    """Return the integrations that the role sees."""
    pattern = reader.text() if reader.take("LIKE") else None
    rows = [
        (name, "EXTERNAL_STAGE", "STORAGE", str(catalogue.integration(name).enabled).lower())
        for name in catalogue.integrations()
        if is_like(pattern, name) and access.sees(Securable("INTEGRATION", name))
    ]
    return Answer(("name", "type", "category", "enabled"), rows)


def _of_existing(
    verb: str, integration: Integration, reader: Reader, catalogue: Catalogue, access: Access
) -> Answer:
    if verb == "DROP":
        catalogue.drop_integration(integration.name)
        access.account.forget(Securable("INTEGRATION", integration.name))
        return done(f"{integration.name} successfully dropped.")
    if verb == "ALTER":
        reader.expect("SET")
        catalogue.keep_integration(integration.changed(reader.properties()))
        return done()
    return _described(integration)


def _described(integration: Integration) -> Answer:
    allowed = ",".join(integration.storage_allowed_locations)
    blocked = ",".join(integration.storage_blocked_locations)
    rows = [
        ("ENABLED", "Boolean", str(integration.enabled).lower(), "false"),
        ("STORAGE_PROVIDER", "String", integration.storage_provider, ""),
        ("STORAGE_ALLOWED_LOCATIONS", "List", allowed, "[]"),
        ("STORAGE_BLOCKED_LOCATIONS", "List", blocked, "[]"),
        ("STORAGE_AWS_IAM_USER_ARN", "String", SNOWFLAKE_USER_ARN, ""),
        ("STORAGE_AWS_ROLE_ARN", "String", integration.storage_aws_role_arn, ""),
        ("STORAGE_AWS_EXTERNAL_ID", "String", integration.storage_aws_external_id, ""),
        ("COMMENT", "String", integration.comment, ""),
    ]
    return Answer(DESCRIBED, rows)
