"""The properties that moto's CloudFormation drops, set by boto3 after each change of a stack.

All properties are set each time, which is idempotent. A property that leaves the template keeps its
value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.cloudformation.parsing import ResourceMap

from local.aws.account import Account, client
from local.aws.bucket_policy import BucketPolicy
from local.aws.changes import resolved

Properties = dict[str, Any]


def complete(account: Account, stack: ResourceMap) -> None:
    """Set the properties of each resource by the stack's template and parameters."""
    for name, resource in resolved(stack, stack._template, stack.input_parameters).items():
        if resource["Type"] in _FINISH:
            service, finish = _FINISH[resource["Type"]]
            boto = client(service, account.endpoint, account.administrator)
            made: Any = stack[name]
            finish(boto, made.physical_resource_id, resource["Properties"])


def _finish_key(kms: Any, key: str, properties: Properties) -> None:
    # moto stores the policy as an object and cannot read it again.
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(properties["KeyPolicy"]))
    rotates = properties.get("EnableKeyRotation", False)
    (kms.enable_key_rotation if rotates else kms.disable_key_rotation)(KeyId=key)


def _finish_alias(kms: Any, alias: str, properties: Properties) -> None:
    kms.update_alias(AliasName=alias, TargetKeyId=properties["TargetKeyId"])


def _finish_bucket(s3: Any, bucket: str, properties: Properties) -> None:
    if "BucketEncryption" in properties:
        rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        s3.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [_encryption(rule) for rule in rules]},
        )
    if tags := properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    if "LoggingConfiguration" in properties:
        logging = properties["LoggingConfiguration"]
        target = {
            "TargetBucket": logging["DestinationBucketName"],
            "TargetPrefix": logging["LogFilePrefix"],
        }
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})
    if block := properties.get("PublicAccessBlockConfiguration"):
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    if ownership := properties.get("OwnershipControls"):
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)
    if lifecycle := properties.get("LifecycleConfiguration"):
        rules = [_lifecycle(rule) for rule in lifecycle["Rules"]]
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )


def _encryption(rule: Properties) -> Properties:
    by_default = rule["ServerSideEncryptionByDefault"]
    return {
        "ApplyServerSideEncryptionByDefault": by_default,
        "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
    }


def _lifecycle(rule: Properties) -> Properties:
    """Return the rule in the form of S3's own API."""
    names = {"Id": "ID", "Status": "Status"}
    made: Properties = {names[key]: rule[key] for key in names}
    made["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if abort := rule.get("AbortIncompleteMultipartUpload"):
        made["AbortIncompleteMultipartUpload"] = abort
    return made


def _finish_bucket_policy(s3: Any, bucket: str, properties: Properties) -> None:
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(properties["PolicyDocument"]))


def _finish_role(iam: Any, role: str, properties: Properties) -> None:
    trust = json.dumps(properties["AssumeRolePolicyDocument"])
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
    inline = {
        policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])
    }
    for name, document in inline.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        if name not in inline:
            iam.delete_role_policy(RoleName=role, PolicyName=name)


def _finish_managed_policy(iam: Any, arn: str, properties: Properties) -> None:
    _replace_document(iam, arn, properties["PolicyDocument"])
    attached = iam.list_entities_for_policy(PolicyArn=arn)
    users = {user["UserName"] for user in attached["PolicyUsers"]}
    roles = {role["RoleName"] for role in attached["PolicyRoles"]}
    for name in users.symmetric_difference(properties.get("Users", [])):
        change = iam.detach_user_policy if name in users else iam.attach_user_policy
        change(UserName=name, PolicyArn=arn)
    for name in roles.symmetric_difference(properties.get("Roles", [])):
        change = iam.detach_role_policy if name in roles else iam.attach_role_policy
        change(RoleName=name, PolicyArn=arn)


def _replace_document(iam: Any, arn: str, document: Properties) -> None:
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    (current,) = (version["VersionId"] for version in versions if version["IsDefaultVersion"])
    stored = iam.get_policy_version(PolicyArn=arn, VersionId=current)["PolicyVersion"]
    if stored["Document"] == document:
        return
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    # A policy has at most five versions.
    iam.delete_policy_version(PolicyArn=arn, VersionId=current)


_FINISH: dict[str, tuple[str, Callable[[Any, str, Properties], None]]] = {
    "AWS::KMS::Key": ("kms", _finish_key),
    "AWS::KMS::Alias": ("kms", _finish_alias),
    "AWS::S3::Bucket": ("s3", _finish_bucket),
    BucketPolicy.cloudformation_type(): ("s3", _finish_bucket_policy),
    "AWS::IAM::Role": ("iam", _finish_role),
    "AWS::IAM::ManagedPolicy": ("iam", _finish_managed_policy),
}
