"""Connections to AWS that can never work are refused by name; the others are tried again."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from amplitude_export.bucket.errors import upload_error
from amplitude_export.bucket.hook import BucketHook
from amplitude_export.errors import BadSetting, BucketRefused, PipelineError, UploadFailed
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    EndpointResolutionError,
    NoCredentialsError,
    ProxyConnectionError,
    UnknownSignatureVersionError,
)

ROLE = "arn:aws:iam::123456789012:role/uploader"


@pytest.fixture(autouse=True)
def _no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def use(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], **changes: Any) -> None:
    keys = {"conn_type": "aws", "login": "made-up-id", "password": "made-up-key"}
    connection = json.dumps({**keys, "extra": {"region_name": "eu-central-1"} | extra} | changes)
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", connection)


# The extra, and the member that the message names.
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "profile": ({"profile_name": "nobody"}, "profile_name (extra)"),
    "region": ({"region_name": "eu central"}, "region_name (extra)"),
    "number as region": ({"region_name": 5}, "region_name (extra)"),
    "endpoint": ({"endpoint_url": "minio"}, "endpoint_url (extra)"),
    "login in the endpoint": ({"endpoint_url": "http://u:pass@s3.example"}, "it has a login"),
    "login in a service's endpoint": (
        {"service_config": {"s3": {"endpoint_url": "http://u:pass@s3.example"}}},
        "service_config (extra): it has an endpoint_url with a login",
    ),
    "number as endpoint": ({"endpoint_url": 9000}, "endpoint_url (extra)"),
    "option": ({"config_kwargs": {"conect_timeout": 5}}, "config_kwargs (extra)"),
    "option's value": ({"config_kwargs": {"connect_timeout": "5 s"}}, "config_kwargs (extra)"),
    "retries": ({"config_kwargs": {"retries": {"mode": "never"}}}, "config_kwargs (extra)"),
    "addressing": ({"config_kwargs": {"s3": {"addressing_style": "x"}}}, "config_kwargs (extra)"),
    "text as options": ({"config_kwargs": "x"}, "config_kwargs (extra)"),
    "text as services": ({"service_config": "x"}, "service_config (extra)"),
    "CA file": ({"verify": "/no/ca.pem"}, "verify (extra)"),
    "role's name": ({"role_arn": "uploader"}, "role_arn"),
    "way to assume": ({"role_arn": ROLE, "assume_role_method": "x"}, "assume_role_method (extra)"),
    "option of the role": (
        {"role_arn": ROLE, "assume_role_kwargs": {"Duration": 1}},
        "assume_role_kwargs",
    ),
    "SAML without its members": (
        {"role_arn": ROLE, "assume_role_method": "assume_role_with_saml"},
        "assume_role_with_saml (extra): it is missing",
    ),
    "web identity of nobody": (
        {"role_arn": ROLE, "assume_role_method": "assume_role_with_web_identity"},
        "assume_role_with_web_identity_federation (extra)",
    ),
    "no token's file": (
        {
            "role_arn": ROLE,
            "assume_role_method": "assume_role_with_web_identity",
            "assume_role_with_web_identity_federation": "file",
        },
        "assume_role_with_web_identity_token_file (extra): it is missing",
    ),
    "token's file": (
        {
            "role_arn": ROLE,
            "assume_role_method": "assume_role_with_web_identity",
            "assume_role_with_web_identity_federation": "file",
            "assume_role_with_web_identity_token_file": "/no/token",
        },
        "assume_role_with_web_identity_token_file (extra)",
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_a_member_that_cannot_work_is_named(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Before any request."""
    extra, member = ODD[case]
    use(monkeypatch, extra)
    with pytest.raises(BadSetting) as raised:
        BucketHook().upload_client()
    assert raised.value.what.startswith("The connection aws_default cannot be used. ")
    assert member in raised.value.what


@pytest.mark.parametrize("odd", ["\u200b", "\n"])
@pytest.mark.parametrize("member", ["login", "password"])
def test_a_key_that_cannot_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch, member: str, odd: str
) -> None:
    """boto3 would raise when the first request is sent."""
    use(monkeypatch, {}, **{member: f"abc{odd}"})
    with pytest.raises(BadSetting, match=f"{member}: character 4 is U\\+{ord(odd):04X}"):
        BucketHook().upload_client()


def refused(code: str, message: str = "No.", status: int = 403) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "AssumeRole")  # type: ignore[arg-type]


DENY = (
    "User: arn:aws:iam::123456789012:user/uploader is not authorized to perform: sts:AssumeRole on "
    f"resource: {ROLE} with an explicit deny in a service control policy"
)
TUNNEL = ProxyConnectionError(
    proxy_url="http://me:secret@proxy:3128",
    error=OSError("Tunnel connection failed: 407 Proxy Authentication Required"),
)
# What STS returns, the error, and the beginning of its advice.
ROLES: dict[str, tuple[Exception, type[PipelineError], str]] = {
    "denied": (refused("AccessDenied"), BadSetting, "check role_arn in the extra"),
    "denied by a deny": (
        refused("AccessDenied", DENY),
        BadSetting,
        "remove or narrow",
    ),
    "a proxy's login": (refused("407", status=407), BucketRefused, "put user and password"),
    "a tunnel's login": (TUNNEL, BucketRefused, "put user and password"),
    "not a role": (refused("ValidationError", status=400), BadSetting, "check role_arn"),
    "unknown key": (refused("InvalidClientTokenId"), BadSetting, "check login and password"),
    "wrong secret": (refused("SignatureDoesNotMatch"), BadSetting, "check login and password"),
    "clock": (refused("SignatureDoesNotMatch", "Signature expired: x"), UploadFailed, "no action"),
    "throttled": (refused("Throttling", status=400), UploadFailed, "no action"),
    "internal error": (refused("InternalFailure", status=500), UploadFailed, "no action"),
    "silence": (EndpointConnectionError(endpoint_url="x"), UploadFailed, "no action"),
    "no keys": (NoCredentialsError(), BucketRefused, "check login and password"),
}


@pytest.mark.parametrize("case", ROLES)
def test_a_role_that_cannot_be_assumed(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """A refusal is final; what passes is tried again, while building and during an upload."""
    error, kind, do = ROLES[case]
    use(monkeypatch, {"role_arn": ROLE})
    with (
        patch("botocore.client.BaseClient._make_api_call", side_effect=error),
        pytest.raises(PipelineError) as raised,
    ):
        BucketHook().upload_client()
    assert type(raised.value) is kind
    assert raised.value.do.startswith(do)
    assert "aws_default" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert type(upload_error(error, "bucket", "key")) is kind


def unresolved(url: str, number: int) -> EndpointConnectionError:
    error = EndpointConnectionError(endpoint_url=url)
    error.__context__ = OSError()
    error.__context__.__cause__ = socket.gaierror(number, "Name or service not known")
    return error


NOWHERE = "https://events.s3.eu-nowhere-1.amazonaws.com/key"
# The endpoint, the resolver's number, and the member that the message names, if any.
HOSTS = {
    "no such region": (NOWHERE, socket.EAI_NONAME, "region_name (extra)"),
    "the resolver failed": (NOWHERE, socket.EAI_AGAIN, ""),
    "a region": ("https://b.s3.eu-central-1.amazonaws.com/key", socket.EAI_NONAME, ""),
    "a region of China": ("https://b.s3.cn-north-1.amazonaws.com.cn/k", socket.EAI_NONAME, ""),
    "no region": ("https://s3.amazonaws.com/key", socket.EAI_NONAME, ""),
    "a bucket without region": ("https://b.s3.amazonaws.com/key", socket.EAI_NONAME, ""),
    "acceleration": ("https://b.s3-accelerate.amazonaws.com/key", socket.EAI_NONAME, ""),
    "no such endpoint": ("http://minio.example/b/k", socket.EAI_NONAME, "endpoint_url (extra)"),
    "an endpoint's resolver": ("http://minio.example/b/k", socket.EAI_AGAIN, ""),
}


@pytest.mark.parametrize("case", HOSTS)
def test_a_host_that_does_not_exist_is_no_network_fault(case: str) -> None:
    """Only a resolver's denial counts, and none about a region that AWS has."""
    url, number, member = HOSTS[case]
    error = upload_error(unresolved(url, number), "b", "k")
    assert type(error) is (BadSetting if member else UploadFailed)
    assert member in error.what


def test_an_option_that_fails_at_the_first_request_is_named() -> None:
    """boto3 looks at some options late."""
    error = upload_error(UnknownSignatureVersionError(signature_version="x"), "b", "k")
    assert isinstance(error, BadSetting)
    assert "config_kwargs (extra)" in error.what


@pytest.mark.parametrize("url", ["http://minio:99999", "ftp://minio", "http://minio/a?b=c"])
def test_an_endpoint_that_is_no_url_is_named_by_the_upload(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """boto3 makes a client of it, and refuses it with the first request."""
    use(monkeypatch, {"endpoint_url": url})
    with pytest.raises(EndpointResolutionError) as raised:
        BucketHook().upload_client().put_object(Bucket="bucket", Key="key", Body=b"")
    error = upload_error(raised.value, "bucket", "key")
    assert isinstance(error, BadSetting)
    assert "endpoint_url (extra)" in error.what


def test_good_connections_make_a_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With options and an endpoint; without a connection boto3 finds credentials by itself."""
    options = {"retries": {"max_attempts": 2}, "connect_timeout": 5}
    own = {"region_name": "minio", "endpoint_url": "http://127.0.0.1:9", "config_kwargs": options}
    use(monkeypatch, own | {"verify": False, "profile_name": None})
    assert BucketHook().upload_client().meta.region_name == "minio"
    monkeypatch.delenv("AIRFLOW_CONN_AWS_DEFAULT")
    assert BucketHook().upload_client()
