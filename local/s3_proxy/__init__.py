"""A proxy in front of the S3 stand-in: it forwards all requests, and misbehaves on demand."""

from local.s3_proxy.proxy import S3Proxy
from local.s3_proxy.request import Request

__all__ = ["Request", "S3Proxy"]
