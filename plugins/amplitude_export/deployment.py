"""The names that the project makes up in AWS and Snowflake, whose accounts deployments can share.

All other names come from the Variable amplitude_bucket and the connection snowflake_default. What a
deployment has made is marked: the bucket by a tag, objects of Snowflake by their comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from amplitude_export.errors import BadSetting
from amplitude_export.settings import DEPLOYMENT

# The deployment of an empty Variable, and of everything without a mark: earlier versions made none.
DEFAULT = "default"
# The key of the bucket's tag, and the word in comments.
TAG = DEPLOYMENT

# Names of stacks have no underscores, Snowflake's have no hyphens without quotes, IAM and Snowflake
# do not tell capitals apart, and a name in IAM has at most 64 characters.
_NAME = re.compile(r"[a-z0-9]{1,20}")
# Any word: a name that no deployment can have is nobody's, and not the default deployment's.
_MARK = re.compile(rf"\b{TAG}=([\w-]+)")


@dataclass(frozen=True)
class Deployment:
    """One deployment, with the names of all that it creates in the two accounts."""

    name: str = DEFAULT

    @classmethod
    def of(cls, text: str) -> Deployment:
        """Return the deployment that the Variable names; an empty text is the default one.

        Raises BadSetting for a name that AWS or Snowflake would not take.
        """
        if text and not _NAME.fullmatch(text):
            raise BadSetting(
                f"The Airflow Variable {DEPLOYMENT} is {text!r}, which cannot be a part of names "
                "in AWS and Snowflake.",
                "use 1 to 20 lower-case letters and digits, such as test; or remove the Variable, "
                "which means the default deployment.",
            )
        return cls(text or DEFAULT)

    @property
    def stack(self) -> str:
        """The CloudFormation stack."""
        return self._named("amplitude-to-snowflake", "-")

    @property
    def key_alias(self) -> str:
        """The alias of the KMS key."""
        return f"alias/{self.stack}"

    @property
    def uploader(self) -> str:
        """The IAM user or role of the uploads, and its policy."""
        return self._named("amplitude_python_uploader", "_")

    @property
    def reader_role(self) -> str:
        """The IAM role that Snowflake assumes."""
        return self._named("snowflake-amplitude-python", "-")

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of include/aws/stack.yaml that have these names."""
        return {
            "Deployment": self.name,
            "KeyAliasName": self.key_alias,
            "UploaderName": self.uploader,
            "ReaderRoleName": self.reader_role,
        }

    @property
    def integration(self) -> str:
        """Snowflake's storage integration."""
        return self._named("AMPLITUDE_S3", "_").upper()

    @property
    def owner(self) -> str:
        """The role that owns the raw schema's objects."""
        return self._role("OWNER")

    @property
    def transformer(self) -> str:
        """The role of dbt."""
        return self._role("TRANSFORMER")

    @property
    def reader(self) -> str:
        """The role that reads everything."""
        return self._role("READER")

    @property
    def analyst(self) -> str:
        """The role that reads the answers."""
        return self._role("ANALYST")

    @property
    def mark(self) -> str:
        """The comment on objects that this deployment creates."""
        return f"Amplitude events to Snowflake, {TAG}={self.name}"

    def marked(self, comment: str) -> str:
        """Return the comment of an object of this deployment with the mark.

        >>> Deployment().marked("Web analytics")
        'Web analytics (amplitude_deployment=default)'
        """
        if _MARK.search(comment):
            return comment
        return f"{comment} ({TAG}={self.name})" if comment else self.mark

    def _role(self, kind: str) -> str:
        return self._named(f"AMPLITUDE_{kind}", "_").upper()

    def _named(self, base: str, separator: str) -> str:
        return base if self.name == DEFAULT else f"{base}{separator}{self.name}"


def maker(comment: str) -> str:
    """Return the name of the deployment that made the object with this comment.

    >>> maker("Amplitude events to Snowflake, amplitude_deployment=test"), maker("Web analytics")
    ('test', 'default')
    """
    found = _MARK.search(comment)
    return found[1] if found else DEFAULT


def bucket_maker(tags: Iterable[Mapping[str, str]]) -> str:
    """Return the name of the deployment that made the bucket with these tags, as S3 lists them."""
    return next((tag["Value"] for tag in tags if tag["Key"] == TAG), DEFAULT)
