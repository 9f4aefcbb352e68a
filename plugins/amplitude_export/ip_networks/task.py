"""The tasks that keep IP_NETWORKS, the owners of IP addresses, up to date.

The heavy imports are inside, so that the DAG file parses without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

from amplitude_export.record import from_record, to_record
from amplitude_export.tasks.assets import IP_NETWORKS

if TYPE_CHECKING:
    from amplitude_export.ip_networks.load import FetchedNetworks, LoadedNetworks


@task
def fetch(data_dir: str) -> Any:
    """Download the newest package of IP networks, check it, and write its rows to one file."""
    return to_record(fetched(Path(data_dir)))


@task(outlets=[IP_NETWORKS])
def load(package: Any, data_dir: str, bucket: str, run_id: str, outlet_events: Any = None) -> Any:
    """Upload the file to the bucket, and replace the table with its rows in one transaction."""
    from amplitude_export.ip_networks.load import FetchedNetworks

    fetched_networks = from_record(FetchedNetworks, package)
    networks = to_record(loaded(fetched_networks, Path(data_dir), bucket, run_id))
    outlet_events[IP_NETWORKS].extra = networks
    return networks


def fetched(data_dir: Path) -> FetchedNetworks:
    """Fetch the networks; for callers outside of a task too, such as `make networks`."""
    from amplitude_export.ip_networks.hook import RegistryHook
    from amplitude_export.ip_networks.load import fetch_networks

    return fetch_networks(RegistryHook(), data_dir)


def loaded(package: FetchedNetworks, data_dir: Path, bucket: str, run_id: str) -> LoadedNetworks:
    """Load the networks; for callers outside of a task too, such as `make networks`."""
    from amplitude_export.bucket.hook import BucketHook
    from amplitude_export.ip_networks.load import load_networks, upload_networks
    from amplitude_export.warehouse.hook import WarehouseHook

    key = upload_networks(package, data_dir, BucketHook().upload_client(), bucket)
    connect = WarehouseHook(query_tag=f"amplitude ip_networks {run_id}").get_conn
    return load_networks(connect, package, key, run_id)
