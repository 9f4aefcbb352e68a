"""The hook that talks to one host: every form of its credentials is masked."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from amplitude_export.errors import RegistryRefused
from amplitude_export.http.hook import SingleHostHook, content_length
from requests import Response

BASIC = b64encode(b"reader:pass-word").decode()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> SingleHostHook:
    """A hook whose connection has login, password and a header with a token."""
    connection = {
        "conn_type": "http",
        "host": "https://registry.example",
        "login": "reader",
        "password": "pass-word",
        "extra": {"Authorization": "Bearer abc.def", "x-team": "red"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_NPM_DEFAULT", json.dumps(connection))
    return SingleHostHook("npm_default")


@pytest.mark.parametrize("secret", ["reader", "pass-word", BASIC, "abc.def"])
def test_a_credential_that_the_server_echoes_is_masked(hook: SingleHostHook, secret: str) -> None:
    """The rest of the message stays."""
    with pytest.raises(RegistryRefused) as raised, hook.redacted():
        raise RegistryRefused(f"The registry returned 401: red, {secret}!")
    assert raised.value.what == "The registry returned 401: red, ***!"


@pytest.mark.parametrize("text", ["9" * 5000, "-1", "²", "", "1, 1"], ids=len)
def test_a_length_that_is_no_number_is_none(text: str) -> None:
    """Of thousands of digits, Python would raise an error of its own."""
    response = Response()
    response.headers["Content-Length"] = text
    assert content_length(response) is None
