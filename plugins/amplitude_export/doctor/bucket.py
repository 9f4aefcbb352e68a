"""Check that the uploader reaches its bucket and has the rights that an upload needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amplitude_export.bucket.codes import CHECK_BUCKET, code_of
from amplitude_export.bucket.errors import is_about_key, upload_error
from amplitude_export.doctor import probe
from amplitude_export.doctor.aws import aws_errors
from amplitude_export.doctor.runner import CheckRunner, DependsOn, Fault, Skipped
from amplitude_export.errors import PipelineError

_STACK = "run the DAG amplitude_setup (include/aws/stack.yaml defines it), or set it by hand."


@dataclass(frozen=True)
class Clients:
    """boto3's clients with the uploader's credentials, and one for S3 without credentials."""

    sts: Any
    s3: Any
    anonymous: Any


class Uploader:
    """The checks of the uploader's rights; they share the response to one put."""

    def __init__(self, connect: Callable[[], Clients], bucket: str) -> None:
        self._connect = connect
        self.bucket = bucket
        self._response: Mapping[str, Any] = {}
        self._key_refused: PipelineError | None = None

    def check(self, runner: CheckRunner) -> None:
        """Run the checks from `bucket.credentials` to `bucket.encryption`."""
        runner.run("bucket.credentials", self._credentials)
        runner.run("bucket.region", self._region, needs=["bucket.credentials"])
        runner.run("bucket.put", self._put, needs=["bucket.region"])
        runner.run("bucket.kms", self._key, needs=["bucket.region"])
        runner.run("bucket.encryption", self._encryption, needs=["bucket.put"])

    def _credentials(self) -> str:
        if not self.bucket:
            raise Fault(
                "The Airflow Variable amplitude_bucket is not set",
                "set it to the name of the bucket that the stack of include/aws created.",
            )
        with aws_errors():
            self.clients = self._connect()
            return f"{self.clients.sts.get_caller_identity()['Arn']} writes to s3://{self.bucket}"

    def _region(self) -> str:
        """Compare the regions: S3 names its own in a header, even if it denies the request."""
        with aws_errors():
            headers = self._head()
        ours = self.clients.s3.meta.region_name
        theirs = headers.get("x-amz-bucket-region")
        if not theirs:
            raise Skipped("S3's response does not name the bucket's region")
        if theirs != ours:
            raise Fault(
                f"s3://{self.bucket} is in {theirs}, and the connection aws_default names {ours}",
                f"set region_name in the extra of aws_default to the bucket's region, {theirs}.",
            )
        return f"s3://{self.bucket} is in {theirs}"

    def _head(self) -> Mapping[str, str]:
        try:
            response = self.clients.s3.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if code_of(error) == "404":
                raise Fault(f"There is no bucket {self.bucket}", CHECK_BUCKET) from error
            if code_of(error) not in ("403", "301"):
                raise
            response = error.response
        headers: Mapping[str, str] = response["ResponseMetadata"]["HTTPHeaders"]
        return headers

    def _put(self) -> str:
        try:
            self._response = self._send(
                lambda s3, where: s3.put_object(**where, Body=probe.BODY, ChecksumCRC32=probe.CRC32)
            )
            self._send(_abort_parts)
        except PipelineError as refused:
            cause = refused.__cause__
            if not (isinstance(cause, ClientError) and is_about_key(cause)):
                raise
            self._key_refused = refused
            raise DependsOn("bucket.kms") from refused
        return f"{probe.KEY} was put with its checksum; a multipart upload was created and aborted"

    def _key(self) -> str:
        """Put the object in parts, which needs kms:Decrypt too: S3 reads the parts to join them."""
        if self._key_refused:
            raise self._key_refused
        if not self._response:
            raise DependsOn("bucket.put")
        self._send(_put_parts)
        return "the key encrypts an object and completes a multipart upload"

    def _send(self, call: Callable[[Any, Mapping[str, str]], Any]) -> Any:
        try:
            return call(self.clients.s3, {"Bucket": self.bucket, "Key": probe.KEY})
        except (ClientError, BotoCoreError) as error:
            raise upload_error(error, self.bucket, probe.KEY) from error

    def _encryption(self) -> str:
        """Check the encryption that S3 reported for the object that was put."""
        how, key = self._response.get("ServerSideEncryption"), self._response.get("SSEKMSKeyId")
        if how != "aws:kms" or not key:
            raise Fault(
                f"S3 encrypted the object with {how or 'nothing'}, not with a KMS key of yours",
                f"set the bucket's default encryption to aws:kms: {_STACK}",
            )
        if not self._response.get("BucketKeyEnabled"):
            raise Fault(
                f"The object is encrypted with {key} without a bucket key: S3 calls KMS for each "
                "object, which costs money",
                f"enable the bucket key of the default encryption: {_STACK}",
            )
        return f"aws:kms with {key}, with a bucket key"


def _abort_parts(s3: Any, where: Mapping[str, str]) -> None:
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32")
    s3.abort_multipart_upload(**where, UploadId=upload["UploadId"])


def _put_parts(s3: Any, where: Mapping[str, str]) -> None:
    """Put the same object again, as a multipart upload of one part."""
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32")
    upload = {**where, "UploadId": upload["UploadId"]}
    try:
        part = s3.upload_part(**upload, PartNumber=1, Body=probe.BODY, ChecksumCRC32=probe.CRC32)
        done = {"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": probe.CRC32}
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [done]})
    except ClientError:
        s3.abort_multipart_upload(**upload)
        raise
