"""Two deployments in one AWS account and one Snowflake account, each blind to the other."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting
from amplitude_export.setup.stack import TEMPLATE
from snowflake.connector.errors import DatabaseError

from local.aws import SNOWFLAKE_USER_ARN, AccessKey, Account, client
from local.export_api import ExportApi
from local.launcher import connections
from tests.aws.callers import refusal
from tests.dbt_command import install_dbt
from tests.setup.accounts import NOTHING_GIVEN, WORKER, Accounts, both_accounts, set_up

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to.md"
SAMPLE = datetime.combine(date(2026, 9, 24), datetime.min.time(), tzinfo=UTC)
GIVEN = {**NOTHING_GIVEN, **WORKER}
NAMES = ("stack", "key_alias", "uploader", "reader_role", "integration", "owner", "transformer",
         "reader", "analyst")  # fmt: skip
# Missing or not visible, no privilege, not one of the user's roles.
DENIED = (2003, 2043, 3001, 390189)


@dataclass(frozen=True)
class Side:
    """One deployment in the shared accounts; they also share the virtual warehouse."""

    accounts: Accounts
    api: ExportApi
    deployment: Deployment
    folder: Path

    @property
    def bucket(self) -> str:
        return f"amplitude-events-of-{self.deployment.name}"

    @property
    def role_arn(self) -> str:
        return f"{SNOWFLAKE_USER_ARN.partition(':user')[0]}:role/{self.deployment.uploader}"

    def of_connection(self, name: str) -> str:
        """Return today's name for the default deployment, and one with a suffix for the other."""
        own = self.deployment.name
        return name if own == "default" else f"{name}_{own}".upper()

    @property
    def database(self) -> str:
        return self.of_connection("AMPLITUDE")

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Set connections and Variables of this deployment's Airflow."""
        self.folder.mkdir(exist_ok=True)
        install_dbt(self.folder, patch)
        key = connections.private_key(self.folder / "snowflake.key")
        made = connections.aws(self.accounts.aws, self.accounts.aws.endpoint)
        made |= connections.snowflake(self.accounts.warehouse.url, key)
        uploads = json.loads(made[connections.AWS])
        uploads["extra"]["role_arn"] = self.role_arn
        loads = json.loads(made[connections.SNOWFLAKE])
        loads["login"] = self.of_connection(loads["login"])
        loads["extra"]["role"] = self.of_connection(loads["extra"]["role"])
        loads["extra"]["database"] = self.database
        made |= {connections.AWS: json.dumps(uploads), connections.SNOWFLAKE: json.dumps(loads)}
        made |= connections.amplitude(self.api.url)
        for name, value in made.items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_BUCKET", self.bucket)
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_DATA_DIR", str(self.folder))
        name = self.deployment.name
        patch.setenv("AIRFLOW_VAR_AMPLITUDE_DEPLOYMENT", "" if name == "default" else name)

    def load(self, dags: dict[str, Any]) -> None:
        """Load the sample's day, and compare it."""
        assert dags["amplitude_to_snowflake"].test(logical_date=SAMPLE).state == "success"
        assert self.rows() == [(19, 18)]

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the number of events and of their uuids."""
        uuids = "count(*), count(distinct json_data:uuid::string)"
        return self.accounts.run(f"select {uuids} from {self.database}.raw.amplitude_raw")

    def uploader(self, service: str) -> Any:
        """Return a client with the credentials of this deployment's uploads."""
        return self._assumed(service, self.accounts.aws.worker, RoleArn=self.role_arn)

    def reader(self, service: str, external_id: str | None = None) -> Any:
        """Return a client with the credentials with which Snowflake reads the bucket."""
        role_arn, own = self.integration("ROLE_ARN"), self.integration("EXTERNAL_ID")
        given = {"RoleArn": role_arn, "ExternalId": external_id or own}
        return self._assumed(service, self.accounts.aws.snowflake, **given)

    def _assumed(self, service: str, key: AccessKey, **given: str) -> Any:
        aws: Account = self.accounts.aws
        sts = client("sts", aws.endpoint, key)
        found = sts.assume_role(RoleSessionName="test", **given)["Credentials"]
        assumed = AccessKey(found["AccessKeyId"], found["SecretAccessKey"])
        return client(service, aws.endpoint, assumed, found["SessionToken"])

    def integration(self, what: str) -> str:
        """Return a property of the integration about AWS."""
        rows = self.accounts.run(f"desc integration {self.deployment.integration}")
        return str({row[0]: row[2] for row in rows}[f"STORAGE_AWS_{what}"])

    def key_arn(self) -> str:
        described = self.accounts.client("kms").describe_key(KeyId=self.deployment.key_alias)
        return str(described["KeyMetadata"]["Arn"])

    def denied(self, role: str, statement: str) -> None:
        """Require that Snowflake denies the statement to a role of this deployment."""
        with pytest.raises(DatabaseError) as refused:
            self.run_as(statement, user="somebody", password="somebody", role=role)
        assert refused.value.errno in DENIED, f"{role}: {statement}: {refused.value}"

    def run_as(self, statement: str, **login: Any) -> None:
        server = connections.snowflake_server(self.accounts.warehouse.url)
        place = {"database": self.database, "schema": "RAW", "warehouse": "AMPLITUDE"}
        with snowflake.connector.connect(**server, **place, **login) as session:
            session.cursor().execute(statement)

    def tear_down(self) -> None:
        """Remove the default deployment as the how-to guide describes."""
        own, guide = self.deployment, HOW_TO.read_text()
        section = guide.partition("### Remove a deployment\n")[2].partition("\n## ")[0]
        statements = section.partition("```sql\n")[2].partition("```")[0]
        assert own.name == "default"
        assert own.owner.lower() in statements
        self.accounts.run(textwrap.dedent(statements))
        kms, s3, iam = (self.accounts.client(service) for service in ("kms", "s3", "iam"))
        kms.schedule_key_deletion(KeyId=self.key_arn())
        # moto leaves the policy of a deleted stack, and so the role (local/aws/README.md).
        policy = self.role_arn.replace(":role/", ":policy/")
        iam.detach_role_policy(RoleName=own.uploader, PolicyArn=policy)
        iam.delete_policy(PolicyArn=policy)
        self.accounts.client("cloudformation").delete_stack(StackName=own.stack)
        for each in s3.list_objects_v2(Bucket=self.bucket)["Contents"]:
            s3.delete_object(Bucket=self.bucket, Key=each["Key"])
        s3.delete_bucket(Bucket=self.bucket)


@pytest.fixture(scope="module")
def sides(
    dags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side]]:
    """Both deployments from empty accounts to a loaded day: the default one, and `test`."""
    folder = tmp_path_factory.mktemp("deployments")
    with both_accounts(folder) as accounts, ExportApi(events_per_day=600) as api:
        prod = Side(accounts, api, Deployment(), folder / "prod")
        test = Side(accounts, api, Deployment("test"), folder / "test")
        allow_worker(accounts, test)
        with pytest.MonkeyPatch.context() as patch:
            prod.connect(patch)
            set_up(GIVEN, prod.bucket)
            prod.load(dags)
        with pytest.MonkeyPatch.context() as patch:
            test.connect(patch)
            run = dags["amplitude_setup"].test(run_conf=GIVEN)
            assert run.state == "success"
            test.load(dags)
        yield prod, test


def allow_worker(accounts: Accounts, side: Side) -> None:
    """Let the workers' identity assume the uploader's role, as its administrator would."""
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": side.role_arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    given = {"UserName": "worker", "PolicyName": side.deployment.uploader}
    accounts.client("iam").put_user_policy(**given, PolicyDocument=policy)


def both_ways(sides: tuple[Side, Side]) -> list[tuple[Side, Side]]:
    return [sides, (sides[1], sides[0])]


def test_a_second_set_up_of_either_changes_nothing(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set-up of `test` has left the default deployment as it was."""
    for side in sides:
        side.connect(monkeypatch)
        name = "" if side.deployment.name == "default" else side.deployment.name
        steps = set_up(NOTHING_GIVEN, side.bucket, name)
        assert [line for step in steps for line in step["changed"]] == []


def test_no_identity_of_aws_reaches_the_others_bucket_or_key(sides: tuple[Side, Side]) -> None:
    """The uploader puts and Snowflake reads in its own deployment, and nowhere else."""
    for own, other in both_ways(sides):
        where = {"Bucket": own.bucket, "Key": "python-import/test/probe"}
        there = {**where, "Bucket": other.bucket}
        own.uploader("s3").put_object(**where, Body=b"probe")
        own.reader("s3").get_object(**where)
        for refused in (
            lambda own=own, there=there: own.uploader("s3").put_object(**there, Body=b"probe"),
            lambda own=own, there=there: own.reader("s3").get_object(**there),
            lambda own=own, other=other: own.reader("s3").list_objects_v2(
                Bucket=other.bucket, Prefix="python-import/"
            ),
            lambda own=own, other=other: own.uploader("kms").generate_data_key(
                KeyId=other.key_arn(), KeySpec="AES_256"
            ),
            lambda own=own, other=other: own.reader("s3", other.integration("EXTERNAL_ID")),
        ):
            assert refusal(refused)[0] in ("AccessDenied", "AccessDeniedException", "403")


def test_no_role_of_snowflake_reaches_the_others_objects(sides: tuple[Side, Side]) -> None:
    """Neither tables, stage and layers nor the integration, also for later grants of its owner."""
    for own, other in both_ways(sides):
        theirs, raw = other.database, f"{other.database}.raw.amplitude_raw"
        roles = own.deployment
        loader = own.of_connection("AMPLITUDE_LOADER")
        for role in (loader, roles.transformer, roles.reader, roles.analyst, roles.owner):
            own.denied(role, f"select * from {raw}")
            own.denied(role, f"delete from {raw}")
            own.denied(role, f"list @{theirs}.raw.amplitude_stage")
            own.denied(role, f"create table {theirs}.silver.mine (a int)")
            own.denied(role, f"desc integration {other.deployment.integration}")
        own.denied(
            roles.owner,
            f"create stage mine url = 's3://{other.bucket}/python-import/' "
            f"storage_integration = {other.deployment.integration}",
        )


def test_no_service_user_has_a_role_of_the_other(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its own deployment's loader and transformer."""
    for own, other in both_ways(sides):
        user = own.of_connection("AMPLITUDE_AIRFLOW")
        granted = own.accounts.run(f"show grants to user {user}")
        names = {str(value) for row in granted for value in row}
        assert {own.of_connection("AMPLITUDE_LOADER"), own.deployment.transformer} <= names
        theirs = other.deployment
        others = {theirs.owner, theirs.transformer, theirs.reader, theirs.analyst}
        assert not names & {*others, other.of_connection("AMPLITUDE_LOADER")}


def change(side: Side, patch: pytest.MonkeyPatch, **extra: str) -> None:
    """Connect with other values in snowflake_default: `login`, or fields of its extra."""
    side.connect(patch)
    loads = json.loads(os.environ[connections.SNOWFLAKE])
    loads["login"] = extra.pop("login", loads["login"])
    loads["extra"] |= extra
    patch.setenv(connections.SNOWFLAKE, json.dumps(loads))


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("database AMPLITUDE", {"database": "amplitude"}),
        ("role AMPLITUDE_LOADER", {"role": "amplitude_loader"}),
        ("user AMPLITUDE_AIRFLOW", {"login": "amplitude_airflow"}),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_the_set_up_refuses_what_another_deployment_has_made(
    sides: tuple[Side, Side],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    given: dict[str, str],
    dry_run: bool,
) -> None:
    """Nothing of it is changed, and a dry run renders nothing for an administrator to run."""
    prod, test = sides
    before = prod.accounts.run("show grants to role amplitude_loader")
    change(test, monkeypatch, **given)
    with pytest.raises(BadSetting, match=f"The {words} belongs to the deployment default"):
        set_up({**NOTHING_GIVEN, "dry_run": dry_run}, test.bucket, "test")
    assert prod.accounts.run("show grants to role amplitude_loader") == before


def test_the_set_up_refuses_an_integration_that_another_deployment_has_made(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator has given it away; the advice has the statement that takes it back."""
    prod, test = sides
    test.connect(monkeypatch)
    alter = "alter storage integration AMPLITUDE_S3_TEST set comment ="
    prod.accounts.run(f"{alter} 'amplitude_deployment=other'")
    with pytest.raises(BadSetting, match="AMPLITUDE_S3_TEST belongs to the deployment other") as it:
        set_up(NOTHING_GIVEN, test.bucket, "test")
    advice = it.value.do
    assert alter in advice
    prod.accounts.run(advice[advice.index(alter) :].rstrip("."))
    assert [
        line for step in set_up(NOTHING_GIVEN, test.bucket, "test") for line in step["changed"]
    ] == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_set_up_refuses_a_bucket_that_another_deployment_has_made(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    """In both directions."""
    for own, other in both_ways(sides):
        own.connect(monkeypatch)
        words = f"The bucket {other.bucket} belongs to the deployment {other.deployment.name}"
        params = {**NOTHING_GIVEN, "dry_run": dry_run}
        with pytest.raises(BadSetting, match=words):
            set_up(params, other.bucket, own.deployment.name)


def test_a_dry_run_shows_the_names_of_the_deployment(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the default deployment's names is in its text."""
    test = sides[1]
    test.connect(monkeypatch)
    steps = set_up({**NOTHING_GIVEN, "dry_run": True}, test.bucket, "test")
    text = "".join(step["run"] for step in steps)
    default = Deployment()
    for what in NAMES:
        assert getattr(test.deployment, what) in text
        assert not re.search(rf"{getattr(default, what)}(?![\w-])", text)


def test_set_up_marks_a_deployment_of_an_earlier_version(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs to the default deployment, and no other one takes it over."""
    prod, test = sides
    unmark(prod)
    change(test, monkeypatch, database="AMPLITUDE")
    with pytest.raises(
        BadSetting, match="database AMPLITUDE belongs .* default .*without the mark"
    ):
        set_up(NOTHING_GIVEN, test.bucket, "test")
    with pytest.raises(BadSetting, match=f"bucket {prod.bucket} belongs .* default .*without"):
        set_up(NOTHING_GIVEN, prod.bucket, "test")

    prod.connect(monkeypatch)
    changed = [line for step in set_up(NOTHING_GIVEN, prod.bucket) for line in step["changed"]]
    mark = "Amplitude events to Snowflake, amplitude_deployment=default"
    assert changed == [
        "Modify AWS::S3::Bucket Bucket",
        f"~ database COMMENT: nothing → {mark}",
        f"~ integration COMMENT: nothing → {mark}",
        f"~ role COMMENT: nothing → {mark}",
        "~ user COMMENT: Loads Amplitude events (Airflow) → Loads Amplitude events (Airflow) "
        "(amplitude_deployment=default)",
    ]
    again = set_up(NOTHING_GIVEN, prod.bucket)
    assert [line for step in again for line in step["changed"]] == []
    assert prod.rows() == [(19, 18)]


def unmark(side: Side) -> None:
    """Leave bucket, stack and objects as version 0.6 made them."""
    template = TEMPLATE.read_text()
    added = "      Tags:\n        - Key: amplitude_deployment\n          Value: !Ref Deployment\n"
    assert added in template
    old = template.replace(added, "")
    for name, value in Deployment().parameters.items():
        old = re.sub(rf"  {name}:\n(    .*\n)+\n", "", old).replace(f"!Ref {name}\n", f"{value}\n")
    stacks = side.accounts.client("cloudformation")
    (stack,) = stacks.describe_stacks(StackName=side.deployment.stack)["Stacks"]
    kept = [
        each for each in stack["Parameters"] if each["ParameterKey"] not in Deployment().parameters
    ]
    stacks.update_stack(
        StackName=side.deployment.stack,
        TemplateBody=old,
        Parameters=kept,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    side.accounts.client("s3").delete_bucket_tagging(Bucket=side.bucket)
    side.accounts.run(
        "alter database amplitude set comment = '';"
        "alter storage integration amplitude_s3 set comment = '';"
        "alter role amplitude_loader set comment = '';"
        "alter user amplitude_airflow set comment = 'Loads Amplitude events (Airflow)'"
    )


# The last test: it leaves one deployment.
def test_one_is_torn_down_and_the_other_loads(
    sides: tuple[Side, Side], dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its doctor finds everything, and names it."""
    gone, kept = sides
    gone.tear_down()
    assert gone.accounts.stacks() == [kept.deployment.stack]
    kept.connect(monkeypatch)
    kept.load(dags)
    run = dags["amplitude_doctor"].test()
    assert run.state == "success"
    (report,) = [each for each in run.get_task_instances() if each.task_id == "doctor.report"]
    assert report.xcom_pull(task_ids="doctor.report")["deployment"] == "test"
