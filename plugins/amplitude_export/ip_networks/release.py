"""The newest version of a package, read from the metadata of an npm registry."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import urlsplit

from amplitude_export.errors import RegistryRefused
from amplitude_export.settings import NPM

# The version becomes part of a key in the bucket.
VERSION = re.compile(r"\d+\.\d+\.\d+[\w.+-]{0,60}", re.ASCII)


@dataclass(frozen=True)
class Release:
    """One version of a package: the path of its tarball on the registry's own host, its SHA-512."""

    version: str
    path: str
    sha512: bytes

    @classmethod
    def newest(cls, metadata: bytes) -> Release:
        """Return the version that the tag `latest` names.

        Only the path of the tarball's address is used: requests go to the connection's host,
        whichever host the metadata name. Raises RegistryRefused for any other JSON.
        """
        try:
            package = json.loads(metadata)
            version = package["dist-tags"]["latest"]
            dist = package["versions"][version]["dist"]
            # Null would be an address of bytes.
            path, hashes = f"{urlsplit(dist['tarball']).path}", dist["integrity"].split()
            sha512 = next((b64decode(h[7:]) for h in hashes if h.startswith("sha512-")), None)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RegistryRefused(
                f"The registry's response is not the metadata of a package: "
                f"{type(error).__name__}: {error}.",
                _HOST,
            ) from error
        if not VERSION.fullmatch(version) or not path.endswith(".tgz") or sha512 is None:
            raise RegistryRefused(
                f"The registry's metadata has the version {version!r} at {path!r} with "
                f"{dist['integrity']!r}; expected a version number, a .tgz and a sha512.",
                _HOST,
            )
        return cls(version, path, sha512)


_HOST = f"check the host of the connection {NPM}: `npm config get registry` prints it."
