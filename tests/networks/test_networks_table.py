"""The whole way from the registry over volume and S3 to the table: all or nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import (
    CountsDiffer,
    FileMissing,
    NetworksRefused,
    PipelineError,
    RegistryRefused,
    RegistryUnavailable,
    WarehouseRefused,
    WarehouseUnavailable,
)
from amplitude_export.ip_networks.load import LoadedNetworks
from amplitude_export.ip_networks.task import fetched, loaded
from amplitude_export.shared_folders import NetworksFolder

from local.packages import Packages, Release
from local.warehouse import Warehouse
from tests.pipeline.stand_ins import Table

ALL = "select first_key, last_key, asn, name from ip_networks order by first_key"
OTHER = "192.0.2.0,192.0.2.255,1,One\n198.51.100.0,198.51.100.255,2,Two\n"
V6 = "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,3,Three\n"


def release(version: str = "1.1.0", ipv4: str = OTHER, ipv6: str = V6) -> Release:
    return Release(version, {"asn-ipv4.csv": ipv4, "asn-ipv6.csv": ipv6})


MANY = "".join(f"192.0.2.{n},192.0.2.{n},{n + 1},N{n}\n" for n in range(8))


@pytest.fixture
def before(registry: Packages, refresh: Callable[[], Any], table: Table) -> list[tuple[Any, ...]]:
    """The rows of the previous version; the registry then has a newer one."""
    refresh()
    registry.publish(release(ipv4=MANY))
    return table.rows(ALL)


def test_the_table_contains_the_newest_version_and_nothing_else(
    registry: Packages, refresh: Callable[[], Any], table: Table, s3: Any, bucket: str
) -> None:
    """Keys are stored in full; the object's key has the version."""
    assert refresh() == LoadedNetworks("1.0.0", 12)
    found = table.rows(ALL)
    assert found[0] == (3221225984, 3221226111, 64496, "Example Broadband Ltd")
    assert (3221226136, 3221226159, 64498, 'Example, Example & Sons "Builders" plc') in found
    assert found[-2:] == [
        (0x20010DB8_00010000, 0x20010DB8_0001FFFF, 64507, "Example Shipping Inc"),
        (0x20010DB8_00440000, 0x20010DB8_0044FFFF, 64496, "Example Broadband Ltd"),
    ]
    assert len(found) == 12
    registry.publish(release(ipv4=MANY))
    assert refresh() == LoadedNetworks("1.1.0", 9)
    assert [row[3] for row in table.rows(ALL)] == [*(f"N{n}" for n in range(8)), "Three"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="python-import/ip_networks/")["Contents"]
    assert [each["Key"] for each in listed] == [
        "python-import/ip_networks/1.0.0/networks.json.gz",
        "python-import/ip_networks/1.1.0/networks.json.gz",
    ]


def test_the_same_version_again_leaves_the_same_rows(
    refresh: Callable[[], Any], table: Table
) -> None:
    """They are replaced, and Snowflake's load history does not skip the file."""
    refresh()
    once = table.rows(ALL)
    refresh()
    assert table.rows(ALL) == once


WRONG = {
    "a different tarball": ("damaged", {}, RegistryRefused, "SHA-512"),
    "half a tarball": ("short", {}, RegistryUnavailable, "connection to the registry"),
    "a reset": ("reset", {}, RegistryUnavailable, "connection to the registry"),
    "a server error": ("unavailable", {}, RegistryUnavailable, "503"),
    "not implemented": ("status", {"status": 501}, RegistryRefused, "501"),
    "a proxy's login": ("status", {"status": 407}, RegistryRefused, "The proxy between"),
    "no such package": ("not_found", {}, RegistryRefused, "404"),
    "no such tarball": ("not_found", {"path": ".tgz"}, RegistryRefused, "404"),
    "a login page": ("html", {}, RegistryRefused, "not the metadata of a package"),
    "a redirect": ("redirect", {}, RegistryRefused, "302"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_fault_of_the_registry_leaves_the_table_unchanged(
    registry: Packages,
    refresh: Callable[[], Any],
    table: Table,
    volume: Path,
    before: list[tuple[Any, ...]],
    case: str,
) -> None:
    """The tarball of the previous version is unchanged too, and the next run succeeds."""
    name, changes, error, message = WRONG[case]
    tarball = NetworksFolder.of(volume).tarball.read_bytes()
    registry.fail(name, **changes)
    with pytest.raises(error, match=message):
        refresh()
    assert table.rows(ALL) == before
    assert NetworksFolder.of(volume).tarball.read_bytes() == tarball
    assert refresh().version == "1.1.0"


PACKED = {
    "metadata": ("asn", gzip.compress),
    "a tarball": (".tgz", gzip.compress),
    "a tarball that is only called gzip": (".tgz", bytes),
}


@pytest.mark.parametrize("case", PACKED)
def test_a_response_that_was_packed_on_the_way_is_unpacked(
    registry: Packages, refresh: Callable[[], Any], case: str
) -> None:
    """The SHA-512 is that of the tarball as it is stored."""
    path, pack = PACKED[case]
    registry.repack(path, pack)
    assert refresh().networks == 12


def test_the_metadata_of_an_unknown_encoding_are_refused_without_binary_data(
    registry: Packages, refresh: Callable[[], Any]
) -> None:
    """The message has the first byte that is not text, and not all of them."""
    body = bytes(range(0x8B, 0xFF)) * 100
    registry.fail("status", status=200, body=body, headers={"Content-Encoding": "br"})
    with pytest.raises(RegistryRefused, match="not the metadata of a package") as raised:
        refresh()
    assert len(str(raised.value)) < 500
    assert str(raised.value).isprintable()


def test_no_request_goes_to_another_host(registry: Packages, refresh: Callable[[], Any]) -> None:
    """The host in the metadata is ignored, and redirects are not followed."""
    with Packages() as other:
        registry.name_tarballs_at(other.url)
        assert refresh().networks == 12
        assert other.requests == []
    registry.fail("redirect", path=".tgz", headers={"Location": f"{other.url}/x.tgz"})
    with pytest.raises(RegistryRefused, match="redirects are not followed"):
        refresh()
    assert [path for path, _ in registry.requests][:2] == [
        "/@ip-location-db/asn",
        "/@ip-location-db/asn/-/asn-1.0.0.tgz",
    ]


def test_requests_go_below_the_path_of_the_registry(
    registry: Packages, refresh: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path is added once, although the tarball's address has it already."""
    conn = {"conn_type": "http", "host": f"{registry.url}/npm/"}
    monkeypatch.setenv("AIRFLOW_CONN_NPM_DEFAULT", json.dumps(conn))
    registry.serve_below("/npm")
    assert refresh().networks == 12
    assert [path for path, _ in registry.requests] == [
        "/npm/@ip-location-db/asn",
        "/npm/@ip-location-db/asn/-/asn-1.0.0.tgz",
    ]


DYING = {
    "the session before the copy": ("session_dies", "^copy into ip_networks", WarehouseUnavailable),
    "the session after the copy": (
        "session_dies",
        "count.* as networks",
        WarehouseUnavailable,
    ),
    "the copy": ("refuse", "^copy into ip_networks", PipelineError),
    "a row of the copy": ("fewer_rows", "^copy into ip_networks", CountsDiffer),
    "all of the copy": ("copies_nothing", "^copy into ip_networks", CountsDiffer),
    "the commit": ("session_dies", "^commit", WarehouseUnavailable),
}


@pytest.mark.parametrize("case", DYING, ids=str)
def test_a_failed_load_leaves_the_old_rows(
    refresh: Callable[[], Any],
    table: Table,
    warehouse: Warehouse,
    before: list[tuple[Any, ...]],
    case: str,
) -> None:
    """The next load succeeds."""
    name, statement, error = DYING[case]
    warehouse.fail(name, statement=statement)
    with pytest.raises(error):
        refresh()
    assert table.rows(ALL) == before
    assert refresh() == LoadedNetworks("1.1.0", 9)
    assert len(table.rows(ALL)) == 9


def test_suspiciously_few_networks_are_refused(
    registry: Packages, refresh: Callable[[], Any], table: Table, before: list[tuple[Any, ...]]
) -> None:
    """Fewer than half as many as before are loaded only after the table was emptied by hand."""
    registry.publish(release("1.2.0"))
    with pytest.raises(NetworksRefused, match="3 networks, and the table 12"):
        refresh()
    assert table.rows(ALL) == before
    table.rows("delete from ip_networks")
    assert refresh().networks == 3


def test_a_malformed_package_leaves_the_table_unchanged(
    registry: Packages, refresh: Callable[[], Any], table: Table, before: list[tuple[Any, ...]]
) -> None:
    """It is refused before the upload."""
    registry.publish(release("1.2.0", ipv4="192.0.2.0,1,One\n"))
    with pytest.raises(NetworksRefused, match=r"asn-ipv4\.csv, line 1"):
        refresh()
    assert table.rows(ALL) == before


def test_a_file_that_differs_from_the_fetched_one_is_not_uploaded(
    registry: Packages, warehouse: Warehouse, volume: Path, bucket: str, table: Table
) -> None:
    """It is damaged or missing; the message names the task to clear."""
    package = fetched(volume)
    NetworksFolder.of(volume).networks.write_bytes(b"damaged")
    with pytest.raises(FileMissing, match="clear the task fetch"):
        loaded(package, volume, bucket, "a-run")
    NetworksFolder.of(volume).networks.unlink()
    with pytest.raises(FileMissing, match="clear the task fetch"):
        loaded(package, volume, bucket, "a-run")
    assert table.rows(ALL) == []


def test_without_the_table_the_advice_is_to_run_the_set_up(
    refresh: Callable[[], Any], warehouse: Warehouse
) -> None:
    """The advice is the same as for any missing object."""
    warehouse.fail("refuse", statement="^delete from ip_networks", errno=2003, sqlstate="02000")
    with pytest.raises(WarehouseRefused, match="run the DAG amplitude_setup"):
        refresh()
