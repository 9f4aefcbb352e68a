"""The text of include/aws/stack.yaml passes cfn-lint and grants exactly these rights.

The stand-in does not enforce everything that AWS does, so the policies are also read here.
"""

from __future__ import annotations

from typing import Any

import cfnlint
import pytest
from cfnlint.decode import decode_str

from local.aws.deployment import TEMPLATE

LANDED = {"Fn::Sub": "${Bucket.Arn}/${Prefix}*"}
BUCKET = {"Fn::GetAtt": ["Bucket", "Arn"]}
KEY = {"Fn::GetAtt": ["Key", "Arn"]}
VIA_S3 = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.${AWS::URLSuffix}"}}}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """Return the template with its short forms expanded."""
    decoded, problems = decode_str(TEMPLATE.read_text())
    assert problems == []
    return dict(decoded)


def policy(template: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the statements of one policy, without their names."""
    properties = template["Resources"][name]["Properties"]
    document = properties.get("PolicyDocument") or properties["Policies"][0]["PolicyDocument"]
    return [{k: v for k, v in each.items() if k != "Sid"} for each in document["Statement"]]


def test_cfn_lint_reports_nothing() -> None:
    """It finds neither an error nor a warning."""
    found = cfnlint.lint(TEMPLATE.read_text())
    assert [f"{match.rule.id}: {match.message}" for match in found] == []


def test_the_uploader_can_put_below_the_prefix_and_encrypt(template: dict[str, Any]) -> None:
    """The policy has these two statements and no other."""
    assert policy(template, "UploaderPolicy") == [
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": LANDED,
        },
        {
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": KEY,
            "Condition": VIA_S3,
        },
    ]


def test_the_reader_can_read_and_list_the_prefix_and_decrypt(template: dict[str, Any]) -> None:
    """One inline policy has these four statements and no other."""
    in_prefix = {"StringLike": {"s3:prefix": {"Fn::Sub": "${Prefix}*"}}}
    assert policy(template, "ReaderRole") == [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": LANDED},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": BUCKET,
            "Condition": in_prefix,
        },
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": BUCKET},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY, "Condition": VIA_S3},
    ]
    assert len(template["Resources"]["ReaderRole"]["Properties"]["Policies"]) == 1


def test_no_identity_has_other_rights(template: dict[str, Any]) -> None:
    """There is no other policy and no group, and the bucket policy only denies."""
    resources = template["Resources"]
    kinds = sorted(resource["Type"] for resource in resources.values())
    assert kinds == [
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    ]
    assert set(resources["UploaderUser"]["Properties"]) == {"UserName"}
    assert "Policies" not in resources["UploaderRole"]["Properties"]
    for role in ("UploaderRole", "ReaderRole"):
        assert "ManagedPolicyArns" not in resources[role]["Properties"]
    assert [each["Effect"] for each in policy(template, "BucketPolicy")] == ["Deny"] * 3


def test_the_reader_trusts_no_one_or_snowflake_with_the_id(template: dict[str, Any]) -> None:
    """The one statement has one principal and one action, and requires the external id."""
    trust = template["Resources"]["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = trust["Statement"]
    condition, known, unknown = statement["Fn::If"]
    assert condition == "TrustIsKnown"
    assert (known["Effect"], known["Action"]) == ("Allow", "sts:AssumeRole")
    assert known["Principal"] == {"AWS": {"Ref": "SnowflakeUserArn"}}
    assert known["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    assert (unknown["Effect"], unknown["Principal"]) == ("Deny", {"AWS": "*"})


@pytest.mark.parametrize("name", ["Key", "Bucket", "BucketPolicy"])
def test_no_update_or_deletion_removes_data(template: dict[str, Any], name: str) -> None:
    """The key, the bucket and its protection stay whatever happens to the stack.

    Only a failed first deployment is rolled back: the next one needs the same names.
    """
    resource = template["Resources"][name]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
