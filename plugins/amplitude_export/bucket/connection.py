"""Tell a connection to AWS that can never work from one that cannot work right now.

A hook makes credentials and clients from the connection's extra: boto3 raises for most of what is
wrong with it, and some of it only when the first request is sent.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    EndpointConnectionError,
    EndpointResolutionError,
    HTTPClientError,
    InvalidChecksumConfigError,
    InvalidConfigError,
    InvalidDefaultsMode,
    InvalidEndpointConfigurationError,
    InvalidEndpointDiscoveryConfigurationError,
    InvalidProxiesConfigError,
    InvalidRegionError,
    InvalidRetryConfigurationError,
    InvalidS3AddressingStyleError,
    InvalidS3UsEast1RegionalEndpointConfigError,
    InvalidSTSRegionalEndpointsConfigError,
    NoRegionError,
    ParamValidationError,
    ProfileNotFound,
    UnknownRegionError,
    UnknownSignatureVersionError,
    UnsupportedS3ConfigurationError,
    UnsupportedSignatureVersionError,
)
from botocore.session import get_session

from amplitude_export.bucket.codes import (
    CHECK_KEYS,
    LOGIN,
    code_of,
    is_about_clock,
    is_transient,
    message_of,
)
from amplitude_export.bucket.denials import Denial
from amplitude_export.bucket.proxies import refusal
from amplitude_export.connection import bad_connection, ca_fault, file_fault, key_fault
from amplitude_export.errors import BadSetting, PipelineError

# What botocore refuses before it sends a request; all else comes from a service or the network.
_REFUSED = (
    ConfigNotFound,
    ConfigParseError,
    EndpointResolutionError,
    InvalidChecksumConfigError,
    InvalidConfigError,
    InvalidDefaultsMode,
    InvalidEndpointConfigurationError,
    InvalidEndpointDiscoveryConfigurationError,
    InvalidProxiesConfigError,
    InvalidRegionError,
    InvalidRetryConfigurationError,
    InvalidS3AddressingStyleError,
    InvalidS3UsEast1RegionalEndpointConfigError,
    InvalidSTSRegionalEndpointsConfigError,
    NoRegionError,
    ProfileNotFound,
    UnknownRegionError,
    UnknownSignatureVersionError,
    UnsupportedS3ConfigurationError,
    UnsupportedSignatureVersionError,
)
_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_TEXTS = ("assume_role_method", "endpoint_url", "profile_name", "region_name", "role_arn")
_OBJECTS = ("assume_role_kwargs", "config_kwargs", "service_config", "session_kwargs")
_WEB_IDENTITY = "assume_role_with_web_identity"
_FEDERATIONS = ("file", "google")
# The name of a member, not a secret.
_TOKEN_FILE = "assume_role_with_web_identity_token_file"  # noqa: S105
_CHECK_ROLE = (
    "check role_arn in the extra of the connection {connection}: the role has to trust the "
    "connection's own identity, or the workers' (WorkerArn of include/aws/stack.yaml)."
)
# The region in the name of a service's host; the global hosts, such as <bucket>.s3.amazonaws.com of
# a connection without a region, have none.
_REGIONAL = re.compile(r"(?:^|\.)[a-z0-9-]+\.(?!s3|vpce)([^.]+)\.amazonaws\.com(?:\.cn)?$")


def require_usable(connection: Any) -> None:
    """Raise BadSetting for the first member that is not of its kind, or not readable.

    boto3 would raise an error without the member's name, or none before the first request.
    """
    extra = connection.extra_dejson
    for member, why in (*_key_faults(connection, extra), *_extra_faults(extra)):
        raise bad_connection(connection.conn_id, member, why)


def _key_faults(connection: Any, extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = {"login": connection.login, "password": connection.password}
    for member, value in (*given.items(), *((f"{key} (extra)", extra.get(key)) for key in _KEYS)):
        if not isinstance(value, str | None):
            yield member, "it is not text"
        elif fault := key_fault(value or ""):
            yield member, fault


def _extra_faults(extra: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for member in _TEXTS:
        if not isinstance(extra.get(member), str | None):
            yield f"{member} (extra)", "it is not text"
    for member in _OBJECTS:
        if not isinstance(extra.get(member), dict | None):
            yield f"{member} (extra)", "it is not an object"
    services = extra.get("service_config")
    # No request would use the login, and errors would show it.
    if _has_login(extra):
        yield "endpoint_url (extra)", "it has a login"
    if isinstance(services, dict) and any(map(_has_login, services.values())):
        yield "service_config (extra)", "it has an endpoint_url with a login"
    if isinstance(extra.get("verify"), str) and (fault := ca_fault(extra["verify"])):
        yield "verify (extra)", fault
    if (file := extra.get(_TOKEN_FILE)) and (fault := file_fault(str(file))):
        yield f"{_TOKEN_FILE} (extra)", fault
    if extra.get("role_arn") and extra.get("assume_role_method") == _WEB_IDENTITY:
        yield from _federation_faults(extra.get(f"{_WEB_IDENTITY}_federation"), file)


def _has_login(options: object) -> bool:
    """Return True if the options have an `endpoint_url` with a login, as in `https://u:p@host`."""
    url = options.get("endpoint_url") if isinstance(options, Mapping) else None
    return isinstance(url, str) and "@" in url.partition("://")[2].partition("/")[0]


def _federation_faults(federation: object, token_file: object) -> Iterator[tuple[str, str]]:
    if federation not in _FEDERATIONS:
        yield f"{_WEB_IDENTITY}_federation (extra)", "it is neither file nor google"
    if federation == "file" and not token_file:
        yield f"{_TOKEN_FILE} (extra)", "it is missing"


@contextmanager
def building(conn_id: str) -> Iterator[None]:
    """Raise BadSetting where the connection `conn_id` cannot work; other errors pass."""
    try:
        yield
    except ParamValidationError as error:
        # Of AssumeRole: a client is built without any other request.
        member = "role_arn or assume_role_kwargs (extra)"
        raise bad_connection(conn_id, member, str(error)) from error
    except (ClientError, BotoCoreError) as error:
        if fault := setting_error(error, conn_id):
            raise fault from error
        raise
    except PipelineError:
        raise
    except NotImplementedError as error:
        raise bad_connection(conn_id, "assume_role_method (extra)", str(error)) from error
    except KeyError as error:
        # The provider reads the members of the role's method.
        raise bad_connection(conn_id, f"{error.args[0]} (extra)", "it is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        member = "endpoint_url" if "Invalid endpoint" in str(error) else "config_kwargs"
        raise bad_connection(conn_id, f"{member} (extra)", str(error)) from error


def setting_error(error: BaseException, conn_id: str) -> BadSetting | None:
    """Return the error for a connection that cannot work, None for any other error."""
    if isinstance(error, ClientError):
        return _role_error(error, conn_id)
    if isinstance(error, EndpointConnectionError):
        return _endpoint_error(error, conn_id)
    if type(error) is HTTPClientError and isinstance(
        error.__context__, TypeError | ValueError | AttributeError
    ):
        return bad_connection(conn_id, "config_kwargs (extra)", str(error))
    if isinstance(error, _REFUSED):
        return bad_connection(conn_id, f"{_member(error)} (extra)", str(error))
    return None


def _member(error: BaseException) -> str:
    if isinstance(error, ProfileNotFound):
        return "profile_name"
    if isinstance(error, InvalidRegionError | NoRegionError | UnknownRegionError):
        return "region_name"
    return "endpoint_url" if "Custom endpoint" in str(error) else "config_kwargs"


def _role_error(error: ClientError, conn_id: str) -> BadSetting | None:
    """Return the error for a role that cannot be assumed; the clock or a proxy is not the role."""
    passing = is_transient(error) or is_about_clock(error) or refusal(error)
    if passing or not error.operation_name.startswith("AssumeRole"):
        return None
    why = f"AWS returned {code_of(error)} for {error.operation_name}: {message_of(error)}"
    if code_of(error) in LOGIN:
        do = CHECK_KEYS.format(connection=conn_id)
        return bad_connection(conn_id, "login and password", why, do)
    do = Denial.of(message_of(error)).advice(conn_id) or _CHECK_ROLE.format(connection=conn_id)
    return bad_connection(conn_id, "role_arn (extra)", why, do)


def _endpoint_error(error: EndpointConnectionError, conn_id: str) -> BadSetting | None:
    """Return the error for a host that does not exist: of an unknown region, or of one's own."""
    if not _does_not_exist(error):
        return None
    host = urlsplit(str(error.kwargs.get("endpoint_url"))).hostname or ""
    if regional := _REGIONAL.search(host):
        if regional[1] in _regions():
            return None
        why = f"there is no host {host}, and AWS has no region {regional[1]} that boto3 knows"
        return bad_connection(conn_id, "region_name (extra)", why)
    if host.endswith(".amazonaws.com"):
        return None
    return bad_connection(conn_id, "endpoint_url (extra)", f"there is no host {host}")


def _does_not_exist(error: BaseException) -> bool:
    """Return True if the resolver denied that the name exists, and did not merely fail."""
    seen: BaseException | None = error.__context__
    while seen:
        if isinstance(seen, socket.gaierror):
            return seen.errno == socket.EAI_NONAME
        seen = seen.__cause__ or seen.__context__
    return False


def _regions() -> set[str]:
    session = get_session()
    return {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("s3", partition, allow_non_regional=True)
    }
