"""Renders the set-up as text with its values, for the administrators of either side to run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from amplitude_export.setup.objects import ADMIN, scripts
from amplitude_export.setup.stack import CAPABILITY
from amplitude_export.warehouse.session import statements

# Whoever runs the text by hand has to look: SQL alone cannot refuse another deployment's objects.
_BEFORE = """/*
Before: database {database}, role {loader} and user {user} do not exist, or their comment has
amplitude_deployment={deployment}. Without that word they belong to the deployment default.
Leave out each `grant ownership` on something that a role other than ACCOUNTADMIN owns.
*/
"""


def command(stack: str, parameters: Mapping[str, str], region: str | None) -> str:
    """Return the AWS CLI's command that deploys the stack; other parameters keep their values.

    >>> print(command("amplitude-to-snowflake", {"BucketName": "events"}, "eu-central-1"))
    aws cloudformation deploy \\
        --region eu-central-1 \\
        --template-file include/aws/stack.yaml \\
        --stack-name amplitude-to-snowflake \\
        --capabilities CAPABILITY_NAMED_IAM \\
        --no-fail-on-empty-changeset \\
        --parameter-overrides \\
            BucketName=events
    """
    lines = [
        "aws cloudformation deploy",
        *([f"    --region {shlex.quote(region)}"] if region else []),
        "    --template-file include/aws/stack.yaml",
        f"    --stack-name {stack}",
        f"    --capabilities {CAPABILITY}",
        "    --no-fail-on-empty-changeset",
        "    --parameter-overrides",
    ]
    lines += [f"        {shlex.quote(f'{name}={value}')}" for name, value in parameters.items()]
    return " \\\n".join(lines)


def script(side: str, values: Mapping[str, str | None]) -> str:
    """Return the SQL of one side, which begins with its role, warehouse and schema."""
    literals = {name: literal(value) for name, value in values.items() if value is not None}
    if side == ADMIN:
        texts = [f"{_BEFORE.format(**values)}use role accountadmin"]
    else:
        texts = [f"use role identifier({literals['owner']})"]
        texts += [f"use warehouse identifier({literals['warehouse']})"]
        texts += [f"use schema identifier({literals['schema']})"]
    for file in scripts(side, values):
        texts += [text.rstrip().removesuffix(";") % literals for text in statements(file)]
    return "".join(f"{text};\n\n" for text in texts).rstrip()


def literal(value: str) -> str:
    r"""Return the value as a string literal of Snowflake's SQL, where a backslash escapes.

    >>> print(literal("it's \\ here"))
    'it\'s \\ here'
    """
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
