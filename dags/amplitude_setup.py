"""
### Snowflake's side of the pipeline, by hand and as often as you like

    integration ─▶ file format ─▶ stage ─▶ AMPLITUDE_RAW, AMPLITUDE_LOADS, AMPLITUDE_LOCK

**Promise.** Each task runs one file of `include/sql/setup/`. Nothing is replaced or dropped: what
is there stays, with its rows, grants and trust. The integration and the stage are pointed at this
run's parameters, so a change of role or bucket is a run with other parameters.

**Triage.** `create_storage_integration` needs a role with CREATE INTEGRATION (ACCOUNTADMIN has it);
an administrator may run `01` and `02` by hand instead. The other files need CREATE on the schema of
`snowflake_default`. Afterwards `desc integration amplitude_s3` names the IAM user that the AWS role
has to trust, together with the external id.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import Param, chain, dag
from amplitude_export.operators.defaults import DEFAULT_ARGS
from amplitude_export.operators.setup import WarehouseSetupOperator
from amplitude_export.workspace import PREFIX

SQL = Path(__file__).resolve().parents[1] / "include" / "sql" / "setup"


@dag(
    schedule=None,
    template_searchpath=[str(SQL)],
    params={
        "role_arn": Param(
            type="string",
            pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$",
            description="The AWS role that Snowflake assumes to read the landed files.",
        ),
        "external_id": Param(
            type="string",
            minLength=8,
            description="The external id that the role's trust policy asks for; long and random.",
        ),
    },
    default_args={**DEFAULT_ARGS, "retries": 2, "execution_timeout": timedelta(minutes=10)},
    doc_md=__doc__,
    tags=["amplitude", "snowflake"],
)
def amplitude_setup():
    """One task for each file of include/sql/setup, in the order of their numbers."""
    acts = [
        WarehouseSetupOperator(
            task_id=file.stem[3:],
            conn_id="snowflake_default",
            sql=file.name,
            parameters={
                "role_arn": "{{ params.role_arn }}",
                "external_id": "{{ params.external_id }}",
                "stage_url": f"s3://{{{{ var.value.amplitude_bucket }}}}/{PREFIX}",
            },
            doc_md=f"Runs `include/sql/setup/{file.name}`.",
        )
        for file in sorted(SQL.glob("*.sql"))
    ]
    chain(*acts)


amplitude_setup()
