"""Refuses a parameter that the other side contradicts, or that weakens what is in use.

A user who can trigger the set-up can set its parameters, so no parameter alone hands the bucket to
another identity.
"""

from __future__ import annotations

from collections.abc import Mapping

from amplitude_export.errors import BadSetting

# The parameter of amplitude_setup that confirms such a change.
ACCEPT = "accept_weaker"


def require_answer(name: str, given: str | None, answer: str | None, side: str) -> None:
    """Raise BadSetting if the parameter contradicts what the side itself reports.

    Nothing is compared if the side reports nothing.
    """
    if given and answer and given != answer:
        raise BadSetting(
            f"The parameter {name} is {given}, but {side} reports {answer}.",
            f"run amplitude_setup without {name}: what {side} reports is used.",
        )


def require_accepted(
    name: str, given: str | None, in_use: str | None, accepted: bool, effect: str
) -> None:
    """Raise BadSetting if the parameter replaces the value in use, unless that is accepted."""
    if given and in_use and given != in_use and not accepted:
        raise BadSetting(
            f"The parameter {name} is {given}, and {in_use} is in use. The change {effect}.",
            f"run amplitude_setup without {name} to keep what is in use, or with {ACCEPT} as well "
            "if the change is intended.",
        )


def require_stack_accepted(
    in_use: Mapping[str, str], given: Mapping[str, str], accepted: bool
) -> None:
    """Raise BadSetting if the stack's parameters `given` admit another worker or shorten retention.

    `in_use` is empty before the first deployment, which nothing contradicts.
    """
    worker = in_use.get("WorkerArn")
    none = "no worker, but a user with access keys"
    require_accepted(
        "worker_arn",
        given.get("WorkerArn"),
        none if worker == "" else worker,
        accepted,
        "lets another identity upload, and ends the access of the one in use",
    )
    # What Snowflake reports itself counts as accepted.
    for name, parameter in (
        ("snowflake_user_arn", "SnowflakeUserArn"),
        ("external_id", "ExternalId"),
    ):
        effect = "changes who can assume the reader role"
        require_accepted(name, given.get(parameter), in_use.get(parameter), accepted, effect)
    days, before = (int(each.get("RetentionDays", 0)) for each in (given, in_use))
    if 0 < days < before:
        require_accepted(
            "retention_days",
            f"{days}",
            f"{before}",
            accepted,
            "removes older objects from the bucket, for good",
        )
