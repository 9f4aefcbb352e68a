"""
### AWS and Snowflake, joined: by hand, and as often as you like

    deploy_stack ─▶ create_account_objects ─▶ trust_snowflake ─▶ create_objects ─▶ wait_for_stage
    AWS             Snowflake                 AWS                Snowflake         └─▶ doctor

**Promise.** Afterwards the daily DAG can run: bucket, key and both identities at AWS; roles, user,
warehouse, integration, stage and tables at Snowflake; and Snowflake's role at AWS trusts Snowflake
alone. Nothing is replaced or dropped that holds trust, history or data, and a second run changes
nothing. Each task's log and result say what it has changed. What is made at Snowflake is what the
connection `snowflake_default` names: user, role, warehouse, database, schema.

**Before.** Two more connections, for this DAG only: `aws_admin`, which may deploy the stack, and
`snowflake_admin`, with the role ACCOUNTADMIN. Remove them afterwards. A side whose connection is
missing is not done but rendered: the task's log holds the command or the SQL for its administrator,
with all values. The parameter `dry_run` renders both sides and changes nothing.

**Triage.** Each error says what to do; mend it and run again, it goes on from there.
`wait_for_stage` red: the trust is not there, or an administrator has not run what was rendered.
`doctor.report`: a line for each check in its log, also when a step before it failed.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, chain, dag
from amplitude_export.doctor.task import doctor
from amplitude_export.setup.task import (
    create_account_objects,
    create_objects,
    deploy_stack,
    trust_snowflake,
    wait_for_stage,
)
from amplitude_export.tasks.defaults import DEFAULT_ARGS

BUCKET = "{{ var.value.amplitude_bucket }}"
ARN = r"^arn:aws[a-z-]*:iam::\d{12}:[\w+=,.@/-]+$"


@dag(
    schedule=None,
    max_active_runs=1,
    params={
        "dry_run": Param(
            False, type="boolean", description="Render everything for somebody to run; do nothing."
        ),
        "worker_arn": Param(
            None,
            type=["null", "string"],
            pattern=ARN,
            description="The AWS identity that the workers have, which may then assume the role "
            "amplitude_python_uploader. Empty: as it is; at first, a user for access keys.",
        ),
        "retention_days": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            description="Days until landed objects are removed. Empty: as it is; at first 90.",
        ),
        "external_id": Param(
            None,
            type=["null", "string"],
            pattern=r"^[\w+=,.@:/-]{2,1224}$",
            description="Empty: the one in use; at first, one made of role and bucket.",
        ),
        "aws_account_id": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{12}$",
            description="Only where AWS's side is rendered and aws_default is not there yet.",
        ),
        "snowflake_user_arn": Param(
            None,
            type=["null", "string"],
            pattern=ARN,
            description="Only where Snowflake's side was run by hand: STORAGE_AWS_IAM_USER_ARN.",
        ),
    },
    default_args={**DEFAULT_ARGS, "retries": 2, "execution_timeout": timedelta(minutes=30)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_setup() -> None:
    """Joins both sides; every step looks at what is there before it changes anything."""
    landing = deploy_stack(BUCKET)
    joined = create_account_objects(landing, BUCKET)
    trust = trust_snowflake(joined)
    objects = create_objects(BUCKET)
    chain(trust, objects, wait_for_stage([landing, joined, trust, objects]), doctor())


amplitude_setup()
