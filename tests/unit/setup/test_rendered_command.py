"""The command for AWS's administrator is text that a shell will run."""

from __future__ import annotations

import shlex

from amplitude_export.setup.render import command


def test_no_value_is_a_command_of_its_own() -> None:
    """Region and bucket come from a connection and a Variable, which others can edit."""
    odd = "eu'; touch /tmp/x; '$(id)"
    words = shlex.split(command("stack", {"BucketName": odd}, odd))
    assert words[words.index("--region") + 1] == odd
    assert words[-1] == f"BucketName={odd}"
