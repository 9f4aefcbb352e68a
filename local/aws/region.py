"""The region of a bucket in the response to HEAD, as in S3, even if the caller is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.responses import S3Response

from local.aws.patch import replace


def install() -> None:
    """Wrap moto's dispatch of requests to buckets."""
    replace(S3Response, _bucket_response=_named_in(S3Response._bucket_response))


def _named_in(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch_and_name(response: S3Response, request: Any, full_url: str) -> Any:
        try:
            return dispatch(response, request, full_url)
        except S3AccessDeniedError:
            if request.method != "HEAD":
                raise
            # 404 if the bucket does not exist.
            status, headers, body = response.head_bucket()
            return 403 if status == 200 else status, headers, body

    return dispatch_and_name
