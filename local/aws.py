"""The stand-in for AWS: moto's S3, KMS and IAM on loopback, with IAM enforced.

`python -m local.aws --bucket NAME --identities FILE --port 0` creates what the real account would
hold (key, encrypted bucket, two identities with the policies of include/aws/), writes the access
keys to FILE, and prints `ready http://127.0.0.1:PORT`. Everything is forgotten when it ends.
"""

from __future__ import annotations

import argparse
import json
import logging
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import Any

import boto3
import requests
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
POLICIES = Path(__file__).parent.parent / "include" / "aws"
UPLOADER = "amplitude_python_uploader"
READER = "amplitude_snowflake_reader"
KEY_ALIAS = "alias/amplitude-events"


@dataclass(frozen=True)
class AccessKey:
    """One identity's way in: an access key and its secret."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class Account:
    """What the stand-in's account holds once `provision` has run."""

    endpoint: str
    bucket: str
    kms_key_arn: str
    uploader: AccessKey
    reader: AccessKey

    def save(self, path: Path) -> None:
        """Write the account to `path`, readable by its owner only."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Account:
        """Read what `save` wrote."""
        fields: dict[str, Any] = json.loads(path.read_text())
        for name in ("uploader", "reader"):
            fields[name] = AccessKey(**fields[name])
        return cls(**fields)


def client(service: str, endpoint: str, key: AccessKey = AccessKey("admin", "admin")) -> Any:
    """Return a boto3 client of the stand-in; the default key has all rights until IAM is on."""
    # The stubs know each service's name as a type of its own.
    new_client: Any = boto3.client
    return new_client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key.key_id,
        aws_secret_access_key=key.secret,
    )


def provision(endpoint: str, bucket: str) -> Account:
    """Create the key, the bucket and both identities, then switch IAM's enforcement on."""
    kms_key_arn = _create_key(endpoint)
    _create_bucket(endpoint, bucket, kms_key_arn)
    names = {"bucket": bucket, "kms_key_arn": kms_key_arn}
    uploader = _create_identity(endpoint, UPLOADER, _policy("uploader-policy.json", names))
    reader = _create_identity(endpoint, READER, _policy("reader-policy.json", names))
    # After this many (0) further calls moto checks every call against IAM.
    requests.post(f"{endpoint}/moto-api/reset-auth", data=b"0", timeout=10).raise_for_status()
    return Account(endpoint, bucket, kms_key_arn, uploader, reader)


def _create_key(endpoint: str) -> str:
    kms = client("kms", endpoint)
    arn: str = kms.create_key(Description="Landed Amplitude events")["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=arn)
    return arn


def _create_bucket(endpoint: str, bucket: str, kms_key_arn: str) -> None:
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=bucket)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key_arn}
    rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _policy(file_name: str, names: dict[str, str]) -> str:
    return Template((POLICIES / file_name).read_text()).substitute(names)


def _create_identity(endpoint: str, name: str, policy: str) -> AccessKey:
    iam = client("iam", endpoint)
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return AccessKey(key["AccessKeyId"], key["SecretAccessKey"])


def serve(port: int, bucket: str, identities: Path) -> None:
    """Serve until the process is ended; print the ready line once the account is provisioned."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    host, bound_port = server.get_host_and_port()
    endpoint = f"http://{host}:{bound_port}"
    provision(endpoint, bucket).save(identities)
    print(f"ready {endpoint}", flush=True)
    threading.Event().wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--identities", type=Path, required=True)
    options = parser.parse_args()
    serve(options.port, options.bucket, options.identities)


if __name__ == "__main__":
    main()
