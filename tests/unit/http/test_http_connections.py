"""Members of an HTTP connection that no request can use: refused before a request, by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import AmplitudeUnavailable, BadSetting, RegistryUnavailable
from amplitude_export.export.hook import AmplitudeHook
from amplitude_export.ip_networks.hook import RegistryHook

SECRET = "a-secret-to-look-for"
GOOD = {"conn_type": "http", "host": "http://127.0.0.1:9", "login": "key", "password": SECRET}


def use(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    for name in ("AMPLITUDE", "NPM"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps(GOOD | changes))


# The changed members, and the member that the message names.
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "zero-width space": ({"password": f"{SECRET}\u200b"}, "password: character 21 is U+200B"),
    "line end": ({"password": f"{SECRET}\n"}, "password: character 21 is U+000A"),
    "dash": ({"login": "key\u2013key"}, "login: character 4 is U+2013"),
    "number as header": ({"extra": {"timeout_s": 30}}, "timeout_s (extra)"),
    "object as header": ({"extra": {"headers": {"a": "b"}}}, "headers (extra)"),
    "truth as header": ({"extra": {"x-debug": True}}, "x-debug (extra)"),
    "header with a dash": ({"extra": {"x-team": "a\u2013b"}}, "x-team (extra)"),
    "header of two lines": ({"extra": {"x-team": "a\nb"}}, "x-team (extra)"),
    "header's name": ({"extra": {"my header": "a"}}, "my header (extra)"),
    "CA file": ({"extra": {"verify": "/no/ca.pem"}}, "verify (extra)"),
    "client certificate": ({"extra": {"cert": ["/no/a.pem", "/no/b.pem"]}}, "cert (extra)"),
    "number as certificate": ({"extra": {"cert": 5}}, "cert (extra)"),
    "no certificate": ({"extra": {"cert": {}}}, "cert (extra)"),
    "text as proxies": ({"extra": {"proxies": "http://proxy"}}, "proxies (extra)"),
    "proxy without host": ({"extra": {"proxies": {"http": "http://"}}}, "proxies (extra)"),
    "proxy without scheme": ({"extra": {"proxies": {"http": "proxy:3128"}}}, "proxies"),
    "port of a proxy": ({"extra": {"proxies": {"http": f"http://me:{SECRET}@p:8x"}}}, "proxies"),
    "scheme of a proxy": ({"extra": {"proxies": {"http": "ftp://proxy:3128"}}}, "proxies (extra)"),
    "brackets": ({"host": "https://[amplitude.com"}, "host"),
    "no scheme": ({"host": "://amplitude.com"}, "host"),
    "two dots": ({"host": "https://amplitude..com"}, "host"),
    "a name that is too long": ({"host": f"https://{'a' * 64}.com"}, "host"),
    "keys in front of no host": ({"host": f"https://key:{SECRET}", "password": "other"}, "host"),
    "text as port": ({"host": "https://amplitude.com:export"}, "host"),
}


@pytest.mark.parametrize("case", ODD)
def test_both_hooks_refuse_it_by_name(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """No attempt is made again, and the message has no secret."""
    changes, words = ODD[case]
    use(monkeypatch, **changes)
    for conn_id, call in (
        ("amplitude_default", AmplitudeHook().probe),
        ("npm_default", lambda: RegistryHook().newest("package")),
    ):
        with pytest.raises(BadSetting) as raised:
            call()
        # A login that is refused is masked, too.
        assert words.partition(":")[0] in raised.value.what, raised.value
        assert conn_id in raised.value.what
        assert SECRET not in str(raised.value)


def test_the_character_is_named_without_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A character that cannot be seen is hard to find."""
    use(monkeypatch, password=f"{SECRET}\u200b")
    with pytest.raises(BadSetting, match="character 21 is U\\+200B"):
        AmplitudeHook().probe()


def test_a_certificate_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file is there and readable, but has another content."""
    (tmp_path / "ca.pem").write_text("not a certificate")
    use(monkeypatch, extra={"verify": str(tmp_path / "ca.pem")})
    with pytest.raises(BadSetting, match=r"verify \(extra\)"):
        AmplitudeHook().probe()


def test_the_workers_own_bundle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not in the connection."""
    use(monkeypatch, host="https://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/bundle.pem")
    with pytest.raises(BadSetting, match="REQUESTS_CA_BUNDLE"):
        AmplitudeHook().probe()


@pytest.mark.parametrize(
    "address", [f"http://me:{SECRET}2@proxy:3128x", f"http://me:{SECRET}@proxy..example:3128"]
)
def test_the_workers_own_proxy_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The host is not called wrong, and the proxy's password stays out of the message."""
    use(monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", address)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(BadSetting, match="HTTP_PROXY") as raised:
        AmplitudeHook().probe()
    assert SECRET not in str(raised.value)


def test_a_socks_proxy_without_its_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is not called wrong, wherever the proxy is named."""
    use(monkeypatch, extra={"proxies": {"http": f"socks5://me:{SECRET}@127.0.0.1:9"}})
    with pytest.raises(BadSetting, match="SOCKS.*amplitude_default") as raised:
        AmplitudeHook().probe()
    assert "host" not in raised.value.what
    use(monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", f"socks5://me:{SECRET}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(BadSetting, match="PySocks.*HTTPS_PROXY") as raised:
        AmplitudeHook().probe()
    assert SECRET not in str(raised.value)


FINE: dict[str, dict[str, Any]] = {
    "Latin-1": {"password": "clé"},
    "a header": {"extra": {"x-team": "red", "Authorization": "Bearer a"}},
    "a header without value": {"extra": {"x-team": None, "x-empty": ""}},
    "options": {"extra": {"timeout": 30, "verify": False, "trust_env": True, "proxies": {}}},
    "proxies": {"extra": {"proxies": {"https": "proxy.example:3128", "no_proxy": ".a,10.0.0.0/8"}}},
    "no login": {"login": "", "password": ""},
}


@pytest.mark.parametrize("case", FINE)
def test_what_a_request_can_use_is_sent(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """A host that does not listen is still worth another try."""
    use(monkeypatch, **FINE[case])
    with pytest.raises(AmplitudeUnavailable, match="amplitude_default"):
        AmplitudeHook().probe()
    with pytest.raises(RegistryUnavailable):
        RegistryHook().newest("package")
