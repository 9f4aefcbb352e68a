"""The results of the set-up's steps, as they travel between its tasks."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line for each change; a rendered step has none, and the text to `run` by hand."""

    changed: list[str]
    run: str | None = None


class StackStep(Step, frozen=True, kw_only=True, omit_defaults=True):
    """AWS's step, with the stack's values for the trust.

    They are None if the step was only rendered, and "" if they are not known yet.
    """

    role_arn: str | None
    user_arn: str | None
    external_id: str | None


class AccountStep(Step, frozen=True, kw_only=True, omit_defaults=True):
    """The administrator's step at Snowflake, with the integration's values for the trust.

    `user_arn` is None or "" if it is not known yet.
    """

    user_arn: str | None
    external_id: str
