"""Refusal of unsigned requests, as by a bucket that is not public; moto fails or allows them.

No bucket here is public, and presigned URLs are refused as well: moto with IAM enforced
reads the signature from the header only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.responses import S3Response

from local.aws.patch import replace


def install() -> None:
    """Put the check before moto's dispatch of requests to buckets and objects."""
    for method in ("_bucket_response", "_key_response"):
        replace(S3Response, **{method: _signed_only(getattr(S3Response, method))})


def _signed_only(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch_signed(response: S3Response, request: Any, full_url: str) -> Any:
        if "Authorization" not in request.headers:
            raise S3AccessDeniedError
        return dispatch(response, request, full_url)

    return dispatch_signed
