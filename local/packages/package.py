"""Releases of the package: tarballs in npm's format, and the metadata of all releases."""

from __future__ import annotations

import tarfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from gzip import GzipFile
from hashlib import sha512
from io import BytesIO
from typing import Any

PACKAGE = "@ip-location-db/asn"


@dataclass(frozen=True)
class Release:
    """A version of the package, with its files and their text."""

    version: str
    files: Mapping[str, str]

    @property
    def path(self) -> str:
        """Return the path of the tarball in the registry."""
        return f"/{PACKAGE}/-/asn-{self.version}.tgz"

    @property
    def tarball(self) -> bytes:
        """Return the tarball, with the same bytes each time."""
        packed = BytesIO()
        with (
            GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w") as package,
        ):
            for name, text in self.files.items():
                content = text.encode()
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                package.addfile(member, BytesIO(content))
        return packed.getvalue()


def metadata(releases: Sequence[Release], url: str) -> dict[str, Any]:
    """Return the metadata of the package in a registry at `url`; the last release is the newest."""
    return {
        "name": PACKAGE,
        "dist-tags": {"latest": releases[-1].version},
        "versions": {release.version: _manifest(release, url) for release in releases},
    }


def _manifest(release: Release, url: str) -> dict[str, Any]:
    digest = b64encode(sha512(release.tarball).digest()).decode()
    return {
        "name": PACKAGE,
        "version": release.version,
        "dist": {"tarball": url + release.path, "integrity": f"sha512-{digest}"},
    }
