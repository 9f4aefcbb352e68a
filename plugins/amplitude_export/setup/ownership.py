"""Refuses what another deployment has made, and leaves what another role owns in Snowflake.

What has no mark belongs to the default deployment: earlier versions made no marks, nor does anyone
else. A named deployment therefore takes over nothing by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from amplitude_export.bucket.codes import code_of
from amplitude_export.deployment import DEFAULT, TAG, Deployment, bucket_maker, maker
from amplitude_export.errors import BadSetting
from amplitude_export.settings import BUCKET, DEPLOYMENT
from amplitude_export.setup.stack import stack_errors
from amplitude_export.warehouse.names import MARKED, Names

_ADMINISTRATOR = "ACCOUNTADMIN"
# The words of ALTER.
_KINDS = {"integration": "storage integration"}


def require_own_bucket(connect: Callable[[], Any], bucket: str, deployment: Deployment) -> None:
    """Raise BadSetting if another deployment has made the bucket; a missing one is free.

    `connect` makes boto3's client of S3. Raises StackRefused and StackUnfinished for AWS's errors.
    """
    with stack_errors():
        found = _bucket_maker(connect(), bucket)
    if found not in (None, deployment.name):
        raise BadSetting(
            f"The bucket {bucket} {_is_of(found)}, and this is the deployment {deployment.name}.",
            f"correct the Variable {BUCKET} or {DEPLOYMENT}. A bucket that is this deployment's "
            f"gets the tag {TAG}={deployment.name} by hand.",
        )


def require_own_objects(inventory: Mapping[str, str], names: Names) -> None:
    """Raise BadSetting if another deployment has made an object that the connection names."""
    own = names.deployment
    for what, name in _marked(names).items():
        comment = inventory.get(f"{what} COMMENT")
        if comment is not None and maker(comment) != own.name:
            kind = _KINDS.get(what, what)
            raise BadSetting(
                f"The {kind} {name} {_is_of(maker(comment))}, and this is the deployment "
                f"{own.name}.",
                f"correct the connection snowflake_default or the Variable {DEPLOYMENT}. An "
                "object that is this deployment's is marked by hand: "
                f"alter {kind} {name} set comment = '{own.mark}'.",
            )


def comments(inventory: Mapping[str, str], deployment: Deployment) -> dict[str, str | None]:
    """Return the comments that `13_mark_existing.sql` binds; all None if nothing lacks the mark."""
    found = {what: inventory.get(f"{what} COMMENT") for what in MARKED}
    marked = {what: deployment.marked(comment or "") for what, comment in found.items()}
    complete = all(found[what] in (None, marked[what]) for what in MARKED)
    return {f"{what}_comment": None if complete else marked[what] for what in MARKED}


def owned(inventory: Mapping[str, str], names: Names) -> dict[str, str | None]:
    """Return the places that `14_own_*.sql` gives to the owner's role; None if they are not.

    It takes them from ACCOUNTADMIN alone, with which the set-up has created them or will do so.
    What another role owns stays with it: a warehouse is often shared.
    """
    return {
        f"owned_{what}": name if inventory.get(f"{what} OWNER") in (None, _ADMINISTRATOR) else None
        for what, name in names.places.items()
    }


def _bucket_maker(s3: Any, bucket: str) -> str | None:
    try:
        return bucket_maker(s3.get_bucket_tagging(Bucket=bucket)["TagSet"])
    except ClientError as error:
        if code_of(error) == "NoSuchBucket":
            return None
        if code_of(error) == "NoSuchTagSet":
            return DEFAULT
        raise


def _marked(names: Names) -> dict[str, str]:
    return {
        "database": names.database,
        "integration": names.deployment.integration,
        "role": names.loader,
        "user": names.user,
    }


def _is_of(name: str | None) -> str:
    unmarked = f" (as everything without the mark {TAG})" if name == DEFAULT else ""
    return f"belongs to the deployment {name}{unmarked}"
