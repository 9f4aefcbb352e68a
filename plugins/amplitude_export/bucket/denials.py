"""The cause of a denied request, and what to do about it.

AWS names it at the end of its message, after the names of the identity and the object
(docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html): an explicit deny in a
policy of some type, or a type of policy that does not allow the action. To callers of other
accounts S3 names neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ACTION = re.compile(r"not authorized to perform: ([\w:*-]+)")
# Spaces keep names out: no user, role, bucket or key of the pipeline has one.
_CAUSE = re.compile(
    r"(?P<how>with an explicit deny in an?|because no) "
    r"(?P<policy>[a-z -]{0,40}?(?:policy|boundary))(?: allows\b|\W*$|: arn:| \()",
    re.I,
)
_HEADER = (
    " If it wants a header such as x-amz-server-side-encryption, let it accept requests without "
    'one (condition "Null": "false"): uploads send none, and the default encryption of the bucket '
    "applies."
)
# A type of policy as AWS's messages name it, and where it is.
_PLACES = {
    "identity-based policy": "the policies of the identity of the connection {connection}",
    "permissions boundary": "the permissions boundary of the identity of {connection}",
    "session policy": "the session policy of {connection} (assume_role_kwargs in its extra)",
    "service control policy": "a service control policy of the AWS organization (its "
    "administrator)",
    "resource control policy": "a resource control policy of the AWS organization (its "
    "administrator)",
    "vpc endpoint policy": "the policy of the VPC endpoint through which this machine reaches AWS",
}
_RESOURCES = {
    "s3": "the policy of the bucket",
    "kms": "the policy of the KMS key",
    "sts": "the trust policy of the role",
}


@dataclass(frozen=True)
class Denial:
    """The action that was denied, the type of policy behind it, and whether it denies explicitly.

    All are empty where the message does not name them.
    """

    action: str = ""
    policy: str = ""
    explicit: bool = False

    @classmethod
    def of(cls, message: str) -> Denial:
        """Read AWS's message."""
        action = _ACTION.search(message)
        named = action[1] if action else ""
        if not (causes := [*_CAUSE.finditer(message)]):
            return cls(named)
        # Only the last can be AWS's own words.
        explicit = causes[-1]["how"].lower().startswith("with")
        return cls(named, causes[-1]["policy"].lower(), explicit)

    def advice(self, connection: str) -> str:
        """Return what to do; empty if a right or the trust is missing, or no cause is named."""
        if not self.policy or (self.policy == "identity-based policy" and not self.explicit):
            return ""
        service, action = self.action.partition(":")[0], self.action or "the action"
        if service == "sts" and self.policy == "resource-based policy" and not self.explicit:
            return ""
        resource = _RESOURCES.get(service, "the policy of the resource")
        place = _PLACES.get(self.policy, resource).format(connection=connection)
        if not self.explicit:
            return f"allow {action} in {place}, too: the rights of the identity are not enough."
        do = f"remove or narrow the explicit deny of {action} in {place}: no grant outweighs it."
        return do + _HEADER if action == "s3:PutObject" else do
