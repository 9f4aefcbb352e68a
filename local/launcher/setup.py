"""The steps of the DAG `amplitude_setup`, run in this process without a running Airflow.

The stand-in of AWS loses its state when it ends, Snowflake's is stored in files: these steps join
the two again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local.aws import ACCOUNT_ID, EXTERNAL_ID
from local.launcher import airflow
from local.launcher.settings import DATA, Settings, make_folder
from local.launcher.stack import Stack, connections, start_stand_ins

# The workers of the local stack assume the uploader's role. The external id is fixed, so that
# AWS's stand-in can be deployed with the same trust where it is started for one query only.
PARAMETERS = {
    "worker_arn": f"arn:aws:iam::{ACCOUNT_ID}:user/worker",
    "external_id": EXTERNAL_ID,
}
_NOT_GIVEN = ("accept_weaker", "retention_days", "aws_account_id", "snowflake_user_arn")


@contextmanager
def environment(given: Settings) -> Iterator[Mapping[str, str]]:
    """Yield the environment with every connection; the stand-ins that it starts end with the block.

    A stack that `make up` left running is used as it is.
    """
    if given.data_dir == DATA:
        make_folder(DATA)
    if not (given.amplitude_is_local or given.cloud_is_local):
        yield given.env
        return
    if running := Stack.running():
        yield {**connections(running), **given.env}
        return
    stack = Stack.new(kept=False)
    try:
        env = {**given.env, **start_stand_ins(stack, given)}
        if given.cloud_is_local:
            join(given, env)
        yield env
    finally:
        stack.stop()


def join(given: Settings, env: Mapping[str, str]) -> None:
    """Run the set-up's steps with the connections of `env`; their errors are raised."""
    use(env)
    from amplitude_export.setup import task

    params = {**dict.fromkeys(_NOT_GIVEN), **PARAMETERS, "dry_run": False}
    landing = task.deploy_stack.function(given.bucket, params=params)
    joined = task.create_account_objects.function(landing, given.bucket, params=params)
    task.trust_snowflake.function(joined, params=params)
    task.create_objects.function(given.bucket, params=params)


def use(env: Mapping[str, str]) -> None:
    """Set the connections of this process, before the import of Airflow reads the settings."""
    os.environ.update(airflow.environment(env, port=0, schedule=False))
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
