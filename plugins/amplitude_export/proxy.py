"""A proxy that wants a login: how it shows, and the message about it, for S3 as for HTTP."""

from __future__ import annotations

# The text is that of `http.client`, which opens the tunnel.
TUNNEL_REFUSED = "Tunnel connection failed: 407"


def login_wanted(proxy: str, target: str) -> str:
    """Return the message; `proxy` is its address without user and password."""
    return f"The proxy between this machine and {target}, {proxy}, wants a login: it returned 407."
