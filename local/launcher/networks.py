"""`make networks`: fetch the owners of IP networks and load them now.

A stack that `make up` left running does it by its DAG, which triggers the transform. Otherwise the
DAG's tasks run in this process, on the accounts of `.env` or on stand-ins.
"""

from __future__ import annotations

from datetime import UTC, datetime

from local.launcher import job
from local.launcher.progress import RunFailed, with_section
from local.launcher.rest import Airflow
from local.launcher.settings import NPM, Settings, SettingsError
from local.launcher.setup import environment, use
from local.launcher.stack import Stack


def load(given: Settings) -> int:
    """Load the owners; raise RunFailed if that fails, SettingsError without a registry."""
    if not given.has_networks:
        raise SettingsError(
            f"{NPM} is not set: invented owners are not loaded into a warehouse of your own. Its "
            "host is what `npm config get registry` prints, see .env.example."
        )
    if running := Stack.running():
        client = Airflow(running.url)
        client.log_in()
        job.load_networks(client)
        return 0
    with environment(given) as env:
        use(env)
        from amplitude_export.errors import PipelineError
        from amplitude_export.ip_networks.task import fetched, loaded

        try:
            run_id = f"make networks {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            networks = fetched(given.data_dir)
            result = loaded(networks, given.data_dir, given.bucket, run_id)
        except PipelineError as error:
            raise RunFailed(with_section(str(error), type(error).__name__)) from error
    job.echo(f"{result.networks:,} networks of version {result.version} are in IP_NETWORKS.")
    return 0
