"""Bucket policies and lifecycle rules that look right and do not cover the landed files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amplitude_export.doctor.bucket_settings import covers
from amplitude_export.doctor.policies import refuses_plain_http

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
