"""
### The set-up of AWS and Snowflake: triggered by hand, as often as you like

    deploy_stack ─▶ create_account_objects ─▶ trust_snowflake ─▶ create_objects ─▶ wait_for_stage
    AWS             Snowflake                 AWS                Snowflake         └─▶ fill_files
                                                                                       └─▶ doctor

**Promise.** Afterwards the daily DAG can run: bucket, key and both identities at AWS; roles, user,
warehouse, integration, stage and tables at Snowflake; and Snowflake's role at AWS trusts Snowflake
alone. No object that holds trust, history or data is replaced or dropped, and a second run changes
nothing. Each task's log and result list its changes. What AWS and Snowflake report themselves takes
precedence over a parameter; one that admits another identity or shortens the retention needs
`accept_weaker`, so that triggering this DAG alone does not give the bucket away. The connection
`snowflake_default` names the objects of Snowflake: user, role, warehouse, database, schema. The
Variable `amplitude_deployment` is part of all other names, and what another deployment has made is
refused.

**Before.** Two more connections, for this DAG only: `aws_admin`, whose identity is allowed to
deploy the stack, and `snowflake_admin`, with the role ACCOUNTADMIN. Remove them afterwards. A side
whose connection is missing is rendered instead: the task's log has the command or the SQL for its
administrator, with all values. The parameter `dry_run` renders both sides and changes nothing.

**Triage.** Each error states what to do; fix it and run again: the run continues from there.
`wait_for_stage` is red when the trust is missing, or when an administrator has not run the rendered
text yet. `fill_files` completes `AMPLITUDE_FILES` for days that an earlier version loaded; cleared,
it continues. The log of `doctor.report` has a line for each check, also when a step before it
failed.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, chain, dag
from amplitude_export.doctor.task import doctor
from amplitude_export.settings import BUCKET, DEPLOYMENT, variable
from amplitude_export.setup.task import (
    create_account_objects,
    create_objects,
    deploy_stack,
    fill_files,
    trust_snowflake,
    wait_for_stage,
)
from amplitude_export.tasks.defaults import DEFAULT_ARGS

ARN = r"^arn:aws[a-z-]*:iam::\d{12}:[\w+=,.@/-]+$"


@dag(
    schedule=None,
    # Airflow leaves a triggered run of a paused DAG queued.
    is_paused_upon_creation=False,
    max_active_runs=1,
    params={
        "dry_run": Param(
            False, type="boolean", description="Render both sides as text; change nothing."
        ),
        "accept_weaker": Param(
            False,
            type="boolean",
            description="Let this run admit another worker, trusted user, external id or AWS "
            "account than the one in use, or shorten the retention.",
        ),
        "worker_arn": Param(
            None,
            type=["null", "string"],
            pattern=ARN,
            description="The workers' AWS identity, which is then allowed to assume the role "
            "amplitude_python_uploader[_<deployment>]. Empty: unchanged; at first, a user.",
        ),
        "retention_days": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            description="Days until landed objects are removed. Empty: unchanged; at first 90.",
        ),
        "external_id": Param(
            None,
            type=["null", "string"],
            pattern=r"^[\w+=,.@:/-]{2,1224}$",
            description="Empty: the one in use; at first, a hash of role and bucket.",
        ),
        "aws_account_id": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{12}$",
            description="Only if AWS's side is rendered and aws_default does not exist yet.",
        ),
        "snowflake_user_arn": Param(
            None,
            type=["null", "string"],
            pattern=ARN,
            description="Only if Snowflake's side was run by hand: STORAGE_AWS_IAM_USER_ARN.",
        ),
    },
    default_args={**DEFAULT_ARGS, "retries": 2, "execution_timeout": timedelta(minutes=30)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_setup() -> None:
    """Set up both sides; each step compares with the existing objects before it changes any."""
    bucket, deployment = variable(BUCKET), variable(DEPLOYMENT, "")
    landing = deploy_stack(bucket, deployment)
    joined = create_account_objects(landing, bucket, deployment)
    trust = trust_snowflake(joined, deployment)
    objects = create_objects(bucket, deployment)
    stage = wait_for_stage([landing, joined, trust, objects])
    # Once after an upgrade: about a second for each loaded day.
    fill = fill_files.override(execution_timeout=timedelta(hours=4))
    chain(trust, objects, stage, fill(), doctor())


amplitude_setup()
