"""Fetches the IP networks to the volume, and replaces the table with them in one transaction.

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
from amplitude_export.ip_networks.release import VERSION, Release
from amplitude_export.settings import NETWORKS
from amplitude_export.shared_folders import NetworksFolder
from amplitude_export.volume import is_file
from amplitude_export.warehouse.session import Connect
from amplitude_export.warehouse.transaction import locked_transaction
from amplitude_export.workspace import PREFIX, networks_key

log = logging.getLogger(__name__)

# The number of owners changes by a few per cent a year. A package with less than this share of the
# table's rows has lost a file or half of one, and companies would disappear from the answers.
MIN_SHARE = 0.5


class Registry(Protocol):
    """A source of packages, such as `ip_networks.hook.RegistryHook`."""

    def newest(self, package: str) -> Release:
        """Return the newest version of the package."""
        ...

    def download(self, release: Release, path: Path) -> int:
        """Save the version's tarball after checking it, and return its bytes."""
        ...


class FetchedNetworks(msgspec.Struct, frozen=True):
    """The file of networks on the volume, and the version of the package that it was made from."""

    version: str
    networks: int
    crc32: str

    def __post_init__(self) -> None:
        """Raise ValueError for another version: it is a part of the object's key."""
        if not VERSION.fullmatch(self.version):
            raise ValueError(f"{self.version!r} is not the version of a package")


class LoadedNetworks(msgspec.Struct, frozen=True):
    """The contents of the table."""

    version: str
    networks: int


def fetch_networks(registry: Registry, data_dir: Path) -> FetchedNetworks:
    """Write the networks of the newest package to a file on the volume.

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
    """Upload the file to the bucket and return its key.

    Raises FileMissing if the volume does not have the file as it was fetched, BucketRefused and
    UploadFailed.
    """
    path, key = NetworksFolder.of(data_dir).networks, networks_key(fetched.version)
    if not is_file(path) or crc32_of(path) != fetched.crc32:
        raise FileMissing(
            f"{path} is missing on the volume, or is not the file that was fetched.",
            "clear the task fetch with everything downstream.",
        )
    try:
        put_file(client, bucket, path, key, fetched.crc32)
    except PUT_ERRORS as error:
        raise upload_error(error, bucket, key) from error
    return key


def load_networks(
    connect: Connect, fetched: FetchedNetworks, key: str, run_id: str
) -> LoadedNetworks:
    """Replace the table with the networks of the object `key`.

    Raises NetworksRefused if they are suspiciously few, CountsDiffer, WarehouseRefused and
    WarehouseUnavailable; the table is then unchanged.
    """
    with locked_transaction(connect, {"run_id": run_id, "project": NETWORKS}) as session:
        session.run("ip_networks/delete_networks")
        _require_as_many(fetched, session.changed)
        session.run("ip_networks/copy_networks", files=[key.removeprefix(PREFIX)])
        (stored,) = session.run("ip_networks/count_networks")
        if stored["NETWORKS"] != fetched.networks:
            raise CountsDiffer(
                f"{fetched.networks:,} networks were fetched, {stored['NETWORKS']:,} are in "
                "the table. The load was rolled back.",
                "clear the task load, which uploads the file again. If it happens again, find out "
                "who else writes below python-import/ or to IP_NETWORKS.",
            )
    log.info("Loaded %s networks of version %s.", f"{fetched.networks:,}", fetched.version)
    return LoadedNetworks(fetched.version, fetched.networks)


def _require_as_many(fetched: FetchedNetworks, before: int) -> None:
    if fetched.networks < before * MIN_SHARE:
        raise NetworksRefused(
            f"Version {fetched.version} has {fetched.networks:,} networks, and the table "
            f"{before:,}: fewer than half. The table is unchanged.",
            "look at the package's files. If they are right, empty the table (delete from "
            "ip_networks) and clear the task load.",
        )
