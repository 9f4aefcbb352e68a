"""Fetches the IP networks onto the volume, and replaces the table by them in one transaction.

The statements are the files of include/sql/ip_networks/, in the order of `load_networks`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Protocol

import msgspec

from amplitude_export.bucket.errors import upload_error
from amplitude_export.bucket.put import PUT_ERRORS, crc32_of, put_file
from amplitude_export.errors import CountsDiffer, FileMissing, NetworksRefused
from amplitude_export.ip_networks.ranges import PACKAGE, write_networks
from amplitude_export.ip_networks.release import Release
from amplitude_export.warehouse.session import Connect
from amplitude_export.warehouse.transaction import locked_transaction
from amplitude_export.workspace import PREFIX, NetworksFolder, networks_key

log = logging.getLogger(__name__)

# Owners come and go by some per cent a year. With less than this share of what the table holds a
# package has lost a file or half of one, and companies would be gone from the answers.
MIN_SHARE = 0.5


class Registry(Protocol):
    """Where packages come from, see `hooks/registry.py`."""

    def newest(self, package: str) -> Release:
        """The newest version of the package."""
        ...

    def download(self, release: Release, path: Path) -> int:
        """Saves its tarball, checked."""
        ...


class FetchedNetworks(msgspec.Struct, frozen=True):
    """What lies on the volume: the package's version, and the file of networks made of it."""

    version: str
    networks: int
    crc32: str


class LoadedNetworks(msgspec.Struct, frozen=True):
    """What the table holds."""

    version: str
    networks: int


def fetch_networks(registry: Registry, data_dir: Path) -> FetchedNetworks:
    """The newest package's networks, as a file on the volume.

    Raises RegistryUnavailable, RegistryRefused, NetworksRefused, VolumeFull and VolumeRefused.
    """
    folder = NetworksFolder.of(data_dir).open()
    release = registry.newest(PACKAGE)
    registry.download(release, folder.tarball)
    return FetchedNetworks(
        version=release.version,
        networks=write_networks(folder.tarball, folder.networks),
        crc32=crc32_of(folder.networks),
    )


def upload_networks(fetched: FetchedNetworks, data_dir: Path, client: Any, bucket: str) -> str:
    """Puts the file into the bucket and returns its key.

    Raises FileMissing when it is not on the volume as it was fetched, BucketRefused, UploadFailed.
    """
    path, key = NetworksFolder.of(data_dir).networks, networks_key(fetched.version)
    if not path.exists() or crc32_of(path) != fetched.crc32:
        raise FileMissing(
            f"{path} is not on the volume as it was fetched.",
            "clear the task fetch, with load downstream.",
        )
    try:
        put_file(client, bucket, path, key, fetched.crc32)
    except PUT_ERRORS as error:
        raise upload_error(error, bucket, key) from error
    return key


def load_networks(
    connect: Connect, fetched: FetchedNetworks, key: str, run_id: str
) -> LoadedNetworks:
    """Replaces the table by the networks of the object `key`.

    Raises NetworksRefused when they are suspiciously few, CountsDiffer, WarehouseRefused and
    WarehouseUnavailable; then the table is as it was.
    """
    with locked_transaction(connect, {"run_id": run_id}) as session:
        session.run("ip_networks/delete_networks")
        _require_as_many(fetched, session.changed)
        session.run("ip_networks/copy_networks", files=[key.removeprefix(PREFIX)])
        (stored,) = session.run("ip_networks/count_networks")
        if stored["NETWORKS"] != fetched.networks:
            raise CountsDiffer(
                f"{fetched.networks:,} networks were fetched, {stored['NETWORKS']:,} are in "
                "the table. They were rolled back.",
                "clear the task load: the file is sent again. If it happens again, look who else "
                "writes below python-import/ or to IP_NETWORKS.",
            )
    log.info("Loaded %s networks of version %s.", f"{fetched.networks:,}", fetched.version)
    return LoadedNetworks(fetched.version, fetched.networks)


def _require_as_many(fetched: FetchedNetworks, before: int) -> None:
    if fetched.networks < before * MIN_SHARE:
        raise NetworksRefused(
            f"Version {fetched.version} has {fetched.networks:,} networks, and the table "
            f"{before:,}: fewer than half. The table is as it was.",
            "look at the package's files. If it is right, empty the table (delete from "
            "ip_networks) and clear the task load.",
        )
