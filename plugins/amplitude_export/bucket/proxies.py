"""A proxy on the way to AWS that wants a login: which it is, and what to do."""

from __future__ import annotations

from urllib.request import getproxies

from botocore.exceptions import BotoCoreError, ClientError, ProxyConnectionError

from amplitude_export.bucket.codes import code_of
from amplitude_export.proxy import TUNNEL_REFUSED, login_wanted
from amplitude_export.redaction import without_login

_LOGIN_REQUIRED = "407"
LOG_IN = (
    "put user and password into the proxy's address: HTTPS_PROXY (HTTP_PROXY for addresses without "
    "TLS) of the workers, or proxies in config_kwargs of the connection {connection}; or let it "
    "pass AWS without a login (NO_PROXY)."
)


def refusal(error: BaseException) -> str:
    """Return what is wrong if a proxy responded with 407; else an empty text."""
    if isinstance(error, ProxyConnectionError) and TUNNEL_REFUSED in str(_cause(error)):
        return login_wanted(without_login(error.kwargs["proxy_url"]), "AWS")
    if isinstance(error, ClientError) and code_of(error) == _LOGIN_REQUIRED:
        # botocore does not say which it has used; without a tunnel, it is the one for http.
        return login_wanted(without_login(getproxies().get("http", "")), "AWS")
    return ""


def _cause(error: BotoCoreError) -> object:
    return error.kwargs.get("error")
