"""What a registry of npm packages says of a package's newest version."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import urlsplit

from amplitude_export.errors import RegistryRefused

# Becomes part of a key in the bucket.
_VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+-]{0,60}", re.ASCII)


@dataclass(frozen=True)
class Release:
    """One version of a package: the path of its tarball on the registry's own host, its SHA-512."""

    version: str
    path: str
    sha512: bytes

    @classmethod
    def newest(cls, metadata: bytes) -> Release:
        """The version that the tag `latest` names. Raises RegistryRefused for any other JSON.

        Of the tarball's address only the path is taken: the host is the connection's, and no
        other one is asked whatever the metadata names.
        """
        try:
            package = json.loads(metadata)
            version = package["dist-tags"]["latest"]
            dist = package["versions"][version]["dist"]
            path, hashes = urlsplit(dist["tarball"]).path, dist["integrity"].split()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RegistryRefused(
                f"What the registry says of the package is no package's metadata: {error!r}.",
                _HOST,
            ) from error
        sha512 = next((each[7:] for each in hashes if each.startswith("sha512-")), None)
        if not _VERSION.fullmatch(version) or not path.endswith(".tgz") or sha512 is None:
            raise RegistryRefused(
                f"The registry's metadata has the version {version!r} at {path!r} with "
                f"{dist['integrity']!r}: a number, a .tgz and a sha512 are needed.",
                _HOST,
            )
        return cls(version, path, b64decode(sha512))


_HOST = "check the host of the connection npm_default: `npm config get registry` prints it."
