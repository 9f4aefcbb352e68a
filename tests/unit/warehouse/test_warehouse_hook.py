"""Valid settings of a connection to Snowflake, and invalid ones, which fail before a login."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from amplitude_export.errors import BadSetting, WarehouseRefused
from amplitude_export.warehouse.hook import WarehouseHook
from snowflake.connector import errors as sf

from local.launcher.connections import private_key

PASSPHRASE = "a-passphrase-to-look-for"
Connect = Callable[..., WarehouseHook]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return the hook of a connection with this extra."""

    def connect(password: str = "", **extra: Any) -> WarehouseHook:
        connection = {"conn_type": "snowflake", "login": "X", "password": password, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_ADMIN", json.dumps(connection))
        return WarehouseHook("snowflake_admin")

    return connect


@pytest.fixture
def pem(tmp_path: Path) -> str:
    """A private key without a passphrase."""
    return private_key(tmp_path / "plain.p8").decode()


def refused(hook: WarehouseHook) -> BadSetting:
    """Return the error of opening a session, which is raised before any request."""
    with pytest.raises(BadSetting) as raised:
        hook.get_conn()
    return raised.value


def test_a_missing_key_file_is_not_retried(connect: Connect, tmp_path: Path) -> None:
    """The message names the connection and the settings of the key."""
    error = refused(connect(private_key_file=str(tmp_path / "none.p8")))
    assert error.what.startswith("The private key of the connection snowflake_admin cannot be read")
    assert error.do == (
        "check private_key_file or private_key_content in its extra, and its password, which is "
        "the key's passphrase."
    )


def test_a_passphrase_for_a_key_without_one_is_refused(connect: Connect, pem: str) -> None:
    """The message has the library's reason, and not the passphrase."""
    content = b64encode(pem.encode()).decode()
    error = refused(connect(PASSPHRASE, private_key_content=content))
    assert "not encrypted" in error.what


def test_an_unreadable_key_file_is_refused(connect: Connect, pem: str, tmp_path: Path) -> None:
    """The message has the system's reason without the path."""
    file = tmp_path / "plain.p8"
    with patch.object(Path, "read_bytes", side_effect=PermissionError(13, "Permission denied")):
        assert refused(connect(private_key_file=str(file))).what.endswith(": Permission denied")


@pytest.mark.parametrize("content", ["garbage", "????", b64encode(b"no key").decode()])
def test_an_invalid_key_is_refused(connect: Connect, content: str) -> None:
    """Also if decoding leaves nothing: the passphrase must not become a password."""
    assert "cannot be read" in refused(connect(PASSPHRASE, private_key_content=content)).what


def test_no_message_contains_key_or_passphrase(connect: Connect, pem: str) -> None:
    """Neither message nor chain repeats a key that was entered as the path."""
    key = "".join(pem.split("\n")[1:-2]).replace("/", "_")
    for extra in ({"private_key_file": key}, {"private_key_content": pem}):
        error: BaseException | None = refused(connect(PASSPHRASE, **extra))
        while error:
            assert PASSPHRASE not in repr(error)
            assert key[:40] not in repr(error)
            error = error.__cause__ or error.__context__


def test_seconds_can_be_text(connect: Connect) -> None:
    """Airflow's form for connections stores text; fractions are rounded up."""
    given = connect(
        login_timeout="20", network_timeout=300, socket_timeout="9.5"
    )._get_conn_params()
    seconds = [given[f"{name}_timeout"] for name in ("login", "network", "socket")]
    assert seconds == [20, 300, 10]


@pytest.mark.parametrize("value", ["a minute", "", None, [60], "inf"])
def test_an_invalid_number_of_seconds_is_refused(connect: Connect, value: object) -> None:
    """The message names the setting and the connection."""
    error = refused(connect(login_timeout=value))
    assert "snowflake_admin" in error.what
    assert "login_timeout" in error.what


# The extra, and the member that the message names.
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "number as account": ({"account": 5}, "account (extra)"),
    "list as role": ({"role": ["LOADER"]}, "role (extra)"),
    "object as warehouse": ({"warehouse": {"a": 1}}, "warehouse (extra)"),
    "number as key": ({"private_key_content": 5}, "private_key_content (extra)"),
    "number as key's file": ({"private_key_file": 5}, "private_key_file (extra)"),
    "number as authenticator": ({"authenticator": 5}, "authenticator (extra)"),
    "number as host": ({"host": 5}, "host (extra)"),
    "text as port": ({"port": "https"}, "port (extra)"),
    "text as proxy's port": ({"proxy_port": "https"}, "proxy_port (extra)"),
    "protocol": ({"protocol": "gopher"}, "protocol (extra)"),
    "a form's prefix": ({"extra__snowflake__account": 5}, "account (extra)"),
    "no way of OAuth": ({"authenticator": "oauth"}, "Grant type"),
    "token's file": (
        {"workload_identity_provider": "OIDC", "token_file_path": "/no/token"},
        "token_file_path (extra)",
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_a_member_that_the_connector_cannot_use_is_named(connect: Connect, case: str) -> None:
    """For sessions, and for dbt, which logs in by itself."""
    extra, words = ODD[case]
    hook = connect(**extra)
    error = refused(hook)
    assert "snowflake_admin" in error.what
    assert words in error.what
    with pytest.raises(BadSetting):
        hook.arguments()


def test_ports_can_be_text(connect: Connect) -> None:
    """As can members without a value."""
    hook = connect(account="a", port="443", proxy_port=8080, role=None, region="", protocol="https")
    assert hook.arguments()["port"] == "443"


@pytest.mark.parametrize(
    ("extra", "member"),
    [({}, "account"), ({"account": "a", "authenticator": "nonsense"}, "authenticator")],
)
def test_what_the_connector_refuses_before_a_request_is_named(
    connect: Connect, extra: dict[str, Any], member: str
) -> None:
    """A retry changes nothing."""
    with pytest.raises(WarehouseRefused) as raised:
        connect("p", **extra).get_conn()
    assert raised.value.do == f"correct {member} in the extra of the connection snowflake_admin."


# Keys as people paste them; Airflow's form takes one line.
READ: dict[str, Callable[[str], str]] = {
    "PEM": str,
    "blanks": lambda pem: pem.replace("\n", " "),
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "base64": lambda pem: b64encode(pem.encode()).decode(),
    "urlsafe": lambda pem: urlsafe_b64encode(pem.encode()).decode(),
    "indented": lambda pem: "\n".join(f"  {line}" for line in pem.split("\n")),
}
REFUSED: dict[str, Callable[[str], str]] = {
    "two characters": lambda pem: pem.replace("\n", "\\n"),
    "body": lambda pem: "".join(pem.split("\n")[1:-2]),
}


@pytest.mark.parametrize("form", READ)
def test_a_pasted_key_is_read(connect: Connect, pem: str, form: str) -> None:
    """Whatever happened to its line ends."""
    with patch("snowflake.connector.connect") as opened:
        connect(account="a", private_key_content=READ[form](pem)).get_conn()
    assert opened.call_args.kwargs["private_key"]


@pytest.mark.parametrize("form", REFUSED)
def test_a_key_without_its_lines_is_refused(connect: Connect, pem: str, form: str) -> None:
    """Without a bit of it in the message."""
    error = refused(connect(account="a", private_key_content=REFUSED[form](pem)))
    assert pem.split("\n")[3] not in str(error)


def test_a_refused_login_names_its_connection(connect: Connect) -> None:
    """There are two connections to Snowflake."""
    no = sf.DatabaseError(msg="No.", errno=390100)
    with (
        patch("snowflake.connector.connect", side_effect=no),
        pytest.raises(WarehouseRefused, match="connection snowflake_admin"),
    ):
        connect().get_conn()
