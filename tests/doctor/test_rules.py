"""Bucket policies and lifecycle rules that look right and do not cover the landed files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amplitude_export.doctor.bucket_settings import covers
from amplitude_export.doctor.policies import refuses_other_keys, refuses_plain_http

BUCKET, OTHER = "arn:aws:s3:::landed", "arn:aws:s3:::other"
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [BUCKET, f"{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    "statements",
    [
        [TLS],
        TLS,
        {**TLS, "Principal": {"AWS": ["*"]}, "Action": ["s3:*"]},
        {**TLS, "Condition": {"Bool": {"aws:securetransport": [False]}}},
        [{**TLS, "Resource": BUCKET}, {**TLS, "Resource": f"{BUCKET}/*", "Action": "*"}],
        {**TLS, "Resource": ["arn:aws-cn:s3:::landed", "arn:aws-cn:s3:::landed/*"]},
    ],
    ids=["list", "object", "lists of one", "spelling", "two statements", "partition"],
)
def test_a_policy_that_denies_every_plain_request_passes(statements: Any) -> None:
    """AWS accepts several spellings of it."""
    assert refuses_plain_http(json.dumps({"Statement": statements}), "landed")


NARROW = {
    "it allows": {**TLS, "Effect": "Allow"},
    "one user": {**TLS, "Principal": {"AWS": "arn:aws:iam::123456789012:user/one"}},
    "a service": {**TLS, "Principal": {"Service": "*"}},
    "one action": {**TLS, "Action": "s3:GetObject"},
    "objects only": {**TLS, "Resource": f"{BUCKET}/*"},
    "another bucket": {**TLS, "Resource": [OTHER, f"{OTHER}/*"]},
    "requests with TLS": {**TLS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    "one more condition": {
        **TLS,
        "Condition": {**TLS["Condition"], "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},  # type: ignore[dict-item]
    },
}


@pytest.mark.parametrize("case", NARROW)
def test_a_policy_that_leaves_a_gap_fails(case: str) -> None:
    """Some plain request would still be allowed."""
    assert not refuses_plain_http(json.dumps({"Statement": [NARROW[case]]}), "landed")
    assert not refuses_plain_http("{}", "landed")


KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
NAMED = "s3:x-amz-server-side-encryption"
ONE_KEY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": f"{BUCKET}/*",
    "Condition": {
        "Null": {NAMED: "false"},
        "StringNotEqualsIfExists": {f"{NAMED}-aws-kms-key-id": KEY},
    },
}


def test_the_template_denies_the_keys_of_others() -> None:
    """As does the same in other words; a policy that leaves a gap does not."""
    other = {**ONE_KEY["Condition"], "StringNotEqualsIfExists": {f"{NAMED}-aws-kms-key-id": "x"}}
    cases = {
        "the template's": (ONE_KEY, True),
        "one of two": ([TLS, {**ONE_KEY, "Action": ["s3:*"]}], True),
        "another key": ({**ONE_KEY, "Condition": other}, False),
        "one folder": ({**ONE_KEY, "Resource": f"{BUCKET}/a/*"}, False),
        "it allows": ({**ONE_KEY, "Effect": "Allow"}, False),
        "no key": ({**ONE_KEY, "Condition": {"Null": {NAMED: "false"}}}, False),
        "TLS alone": (TLS, False),
    }
    found = {
        case: refuses_other_keys(json.dumps({"Statement": given}), "landed", KEY)
        for case, (given, _) in cases.items()
    }
    assert found == {case: passes for case, (_, passes) in cases.items()}


RULES: dict[str, tuple[dict[str, Any], bool]] = {
    "everything": ({"Filter": {}}, True),
    "the prefix": ({"Filter": {"Prefix": "python-import/"}}, True),
    "the prefix, in the older syntax": ({"Prefix": "python-import/"}, True),
    "a shorter prefix": ({"Filter": {"And": {"Prefix": "python"}}}, True),
    "a longer prefix": ({"Filter": {"Prefix": "python-import/doctor/"}}, False),
    "a longer prefix with more": ({"Filter": {"And": {"Prefix": "other/", "Tags": []}}}, False),
    "a tag": ({"Filter": {"Tag": {"Key": "old", "Value": "yes"}}}, False),
    "tags": (
        {"Filter": {"And": {"Prefix": "", "Tags": [{"Key": "old", "Value": "yes"}]}}},
        False,
    ),
    "large ones": ({"Filter": {"ObjectSizeGreaterThan": 1000}}, False),
    "small ones": (
        {"Filter": {"And": {"Prefix": "python-import/", "ObjectSizeLessThan": 1000}}},
        False,
    ),
}


@pytest.mark.parametrize("case", RULES)
def test_a_rule_counts_only_if_it_covers_all_landed_files(case: str) -> None:
    """A filter by tag or size leaves some of them in the bucket."""
    rule, whole = RULES[case]
    assert covers(rule) is whole
