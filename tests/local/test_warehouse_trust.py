"""A stage's integration opens S3 only while AWS trusts Snowflake's user with the external id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

import local.aws
import local.warehouse
from local.aws import EXTERNAL_ID, REGION, Account, client
from local.aws.process import started
from local.warehouse import SNOWFLAKE_USER_ARN, Warehouse
from tests.local.warehouse_client import Client

NUMBERS = count()
LANDING = "trusted-landing"
URL = f"s3://{LANDING}/python-import/"
ROW = b'{"n": 1}\n'


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account with IAM enforced and the stack deployed: its role trusts Snowflake's user."""
    identities = tmp_path_factory.mktemp("aws") / "identities.json"
    with started(identities, LANDING) as account:
        s3 = client("s3", account.endpoint, account.administrator)
        s3.put_object(Bucket=LANDING, Key="python-import/a.json", Body=ROW)
        yield account


@pytest.fixture(scope="module")
def snowflake(aws: Account, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The warehouse, which is Snowflake's user to AWS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", aws.snowflake.key_id)
        patch.setenv("AWS_SECRET_ACCESS_KEY", aws.snowflake.secret)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        file = tmp_path_factory.mktemp("warehouse") / "w.duckdb"
        with Warehouse(file=file, s3_endpoint=aws.endpoint) as running:
            yield running


@pytest.fixture
def session(snowflake: Warehouse) -> Iterator[Client]:
    arguments = snowflake.connection() | {"schema": f"S{next(NUMBERS)}"}
    opened = Client(**arguments)
    yield opened
    opened.connection.close()


def join(session: Client, role: str, external_id: str = EXTERNAL_ID) -> str:
    """An integration and the stage `joined` that uses it; returns the integration's name."""
    name = f"I{next(NUMBERS)}"
    session.run(
        f"create storage integration {name} type = external_stage storage_provider = 'S3' "
        f"enabled = true storage_aws_role_arn = '{role}' storage_aws_external_id = "
        f"'{external_id}' storage_allowed_locations = ('s3://{LANDING}/')"
    )
    session.run(
        f"create or replace stage joined url = '{URL}' storage_integration = {name} "
        "file_format = (format_name = 'lines')"
    )
    session.run("create file format if not exists lines type = json")
    return name


def test_the_role_is_assumed_for_list_and_copy(session: Client, aws: Account) -> None:
    """Snowflake's user cannot read anything itself; through the role it lists and copies."""
    join(session, aws.role_arn)
    session.run(f"create stage unjoined url = '{URL}'")
    with pytest.raises(DatabaseError, match="AccessDenied") as raised:
        session.run("list @unjoined")
    assert raised.value.errno == 91003
    assert session.rows("list @joined")[0][:2] == (f"{URL}a.json", len(ROW))
    session.run("create table landed (row_data variant)")
    session.run("copy into landed from @joined")
    assert session.rows("select row_data:n::int from landed") == [(1,)]


def test_a_wrong_external_id_is_refused_until_it_is_altered(session: Client, aws: Account) -> None:
    """Error 3167 names the user and the role; ALTER INTEGRATION takes effect at once."""
    name = join(session, aws.role_arn, external_id="another")
    session.run("create table landed (row_data variant)")
    for sql in ("list @joined", "copy into landed from @joined"):
        with pytest.raises(ProgrammingError) as raised:
            session.run(sql)
        assert raised.value.errno == 3167
        assert (
            "SQL execution error:\nError assuming AWS_ROLE:\n"
            f"User: {SNOWFLAKE_USER_ARN} is not authorized to perform: sts:AssumeRole on "
            f"resource: {aws.role_arn}"
        ) in str(raised.value)
    session.run(f"alter storage integration {name} set storage_aws_external_id = '{EXTERNAL_ID}'")
    assert len(session.rows("list @joined")) == 1


@pytest.fixture
def role(aws: Account) -> Iterator[str]:
    """The reader role; its trust is put back."""
    iam = client("iam", aws.endpoint, aws.administrator)
    name = aws.role_arn.rpartition("/")[2]
    before = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    yield name
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))


def test_a_removed_trust_affects_the_next_statement(
    session: Client, aws: Account, role: str
) -> None:
    """A session that has just listed the stage cannot list it any more."""
    join(session, aws.role_arn)
    session.run("list @joined")
    iam = client("iam", aws.endpoint, aws.administrator)
    denied = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=policy)
    with pytest.raises(ProgrammingError, match="Error assuming AWS_ROLE"):
        session.run("list @joined")


@pytest.mark.parametrize("role_arn", ["arn:aws:iam::123456789012:role/nobody", "nonsense"])
def test_a_missing_role_is_an_error(session: Client, role_arn: str) -> None:
    """Snowflake's user can't assume it, whatever AWS's error is."""
    join(session, role_arn)
    with pytest.raises(ProgrammingError, match="Error assuming AWS_ROLE") as raised:
        session.run("list @joined")
    assert raised.value.errno == 3167


def test_an_integration_without_an_external_id_gets_its_own(session: Client) -> None:
    """It is generated once, and again for a replaced integration: then AWS does not know it."""

    def external_id() -> str:
        described = {row[0]: row[2] for row in session.rows("desc integration own_id")}
        return described["STORAGE_AWS_EXTERNAL_ID"]

    create = "storage integration {} own_id type = external_stage enabled = true"
    session.run("create " + create.format("if not exists"))
    first = external_id()
    session.run("create " + create.format("if not exists"))
    assert external_id() == first
    assert len(first) > 20
    session.run("create or replace " + create.format(""))
    assert external_id() != first


def test_both_stand_ins_mean_the_same_user(session: Client, aws: Account) -> None:
    """DESC INTEGRATION shows the ARN of the identity that the local AWS created for it."""
    name = join(session, aws.role_arn)
    described = {row[0]: row[2] for row in session.rows(f"desc integration {name}")}
    assert described["STORAGE_AWS_IAM_USER_ARN"] == local.aws.SNOWFLAKE_USER_ARN
    caller = client("sts", aws.endpoint, aws.snowflake).get_caller_identity()["Arn"]
    assert caller == local.warehouse.SNOWFLAKE_USER_ARN
