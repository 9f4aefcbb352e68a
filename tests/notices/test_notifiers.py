"""The notifiers in the Variable `amplitude_notices`, and its errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from amplitude_export.errors import BadSetting
from amplitude_export.notices.classes import class_at
from amplitude_export.notices.message import Notice
from amplitude_export.notices.notifiers import entries, send

from tests.notices.recorder import BROKEN, RECORDER, Recorder

NOTICE = Notice(
    "Amplitude 2026-11-23: not loaded", ["Why: <{{ 7 * 7 }}>"], [("All days", "http://x")]
)
SMTP = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"
HTTP = "airflow.providers.http.notifications.http.HttpNotifier"


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    """Remove the messages of other tests."""
    Recorder.sent.clear()


def entry(notifier: str = RECORDER, **arguments: Any) -> dict[str, Any]:
    return {"notifier": notifier, "arguments": arguments or {"text": "{{ notice.subject }}"}}


@pytest.mark.parametrize("value", [None, ""])
def test_no_notifier_is_set_by_default(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the Variable, or with an empty one."""
    if value is not None:
        monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", value)
    assert entries() == []


@pytest.mark.parametrize(
    "value",
    [
        "data@example.com",
        '{"notifier": "a.B", "arguments": {}}',
        '["a.B"]',
        "[" * 99_999,
        '[{"notifier": "a.B"}]',
        '[{"notifier": "a.B", "arguments": []}]',
        '[{"notifier": "a.B", "arguments": {}, "argument": {}}]',
        '[{"notifier": 1, "arguments": {}}]',
    ],
)
def test_a_variable_that_is_not_a_list_of_notifiers_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the Variable, its form, and what to do."""
    monkeypatch.setenv("AIRFLOW_VAR_AMPLITUDE_NOTICES", value)
    with pytest.raises(
        BadSetting, match="The Airflow Variable amplitude_notices is not .* no notice is sent"
    ) as e:
        entries()
    assert "What to do: correct it, or remove it." in str(e.value)


def test_the_templates_of_any_notifier_can_use_the_notice() -> None:
    """A user's own notifier as well; the text itself is not rendered as a template."""
    send(NOTICE, [entry(text="{{ notice.text }}"), entry(text="{{ notice.html }}")])
    assert Recorder.sent == [
        "Amplitude 2026-11-23: not loaded\nWhy: <{{ 7 * 7 }}>\nAll days: http://x",
        '<p>Why: &lt;{{ 7 * 7 }}&gt;</p>\n<p>All days: <a href="http://x">http://x</a></p>\n',
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (entry("nowhere.Notifier"), "nowhere.Notifier: No module named 'nowhere'"),
        (entry("tests.notices.recorder.Missing"), "recorder does not define the class Missing"),
        (entry("no path"), "cannot be created, no path: invalid format"),
        (entry(SMTP, tos="x"), "SmtpNotifier.__init__() missing 1 required positional argument"),
        (entry("datetime.timedelta", days=1), "datetime.timedelta, which is not a notifier"),
        (entry(SMTP, to="x", files=["/proc/self/environ"]), "files, which attaches files of this"),
        (entry(SMTP, to="x", template="/etc/passwd"), "template, which reads a file of this"),
        (entry(SMTP, to="x", attach="/etc/passwd"), "attach, which attaches files of this"),
        (entry("venv.__main__.main"), "venv.__main__ does not define the class main"),
        (entry("this.s"), "this does not define the class s"),
        (entry("this.zen.Of"), "this is not a package"),
        (entry("tests.notices.recorder.BaseNotifier"), "does not define the class BaseNotifier"),
        (entry(HTTP, extra_options={"proxies": {}}), "extra_options, which sends a connection's"),
        (entry(HTTP, http_conn_id="aws_admin", endpoint="x.example"), "endpoint, which sends a"),
    ],
    ids=[
        "no module",
        "no class",
        "no path",
        "arguments",
        "not a notifier",
        "attached files",
        "file as template",
        "attachments of Apprise",
        "a program",
        "a module that does something",
        "something in such a module",
        "a class of another module",
        "another proxy",
        "another host",
    ],
)
def test_a_wrong_notifier_is_logged_and_the_others_send(
    wrong: Any, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One line in the log names the Variable; no error is raised."""
    send(NOTICE, [wrong, entry()])
    (record,) = (r for r in caplog.records if r.levelname == "ERROR")
    assert "The Airflow Variable amplitude_notices" in record.getMessage()
    assert message in record.getMessage()
    assert Recorder.sent == [NOTICE.subject]


@pytest.mark.parametrize(("path", "name"), [("os.system", "command"), ("os.mkdir", "path")])
def test_what_is_not_a_notifier_is_never_called(
    path: str, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A user who can edit Variables cannot run anything with them."""
    trace = tmp_path / "called"
    value = f"mkdir {trace}" if name == "command" else str(trace)
    send(NOTICE, [entry(path, **{name: value})])
    assert f"cannot be created, {path}: " in caplog.text
    assert not trace.exists()


ENVIRONMENT = "self._TemplateReference__context.environment"


@pytest.mark.parametrize(
    "template",
    [
        # A code object becomes a template, and a template is executed.
        "{% set e = ENVIRONMENT %}{{ e.template_class.from_code(e, e._compile(CODE, 'x'), {}) }}",
        "{% macro m() %}{% endmacro %}{% set e = m._environment %}"
        "{{ e.template_class.from_code(e, e._compile(CODE, 'x'), {}) }}",
        "{{ notice.lines.append('forged') }}",
    ],
    ids=["by self", "by a macro", "a change of the notice"],
)
def test_a_template_reaches_nothing_but_the_notice(
    template: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Airflow's own sandbox lets names through that begin with one underscore, for DAG authors."""
    trace = tmp_path / "called"
    code = f"open({str(trace)!r}, 'w')"
    text = template.replace("ENVIRONMENT", ENVIRONMENT).replace("CODE", repr(code))
    send(NOTICE, [entry(text=text), entry()])
    assert not trace.exists()
    assert NOTICE.lines == ["Why: <{{ 7 * 7 }}>"]
    assert "SecurityError" in caplog.text
    assert Recorder.sent == [NOTICE.subject]


def test_a_notifier_that_fails_is_logged_and_the_others_send(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the error, and the subject of the notice."""
    send(NOTICE, [entry(BROKEN), entry()])
    (record,) = (r for r in caplog.records if r.name.endswith("notifiers") and r.exc_info)
    assert record.getMessage() == f"{BROKEN} did not send: {NOTICE.subject}"
    assert "no server listens on this port" in caplog.text
    assert Recorder.sent == [NOTICE.subject]


def test_a_module_is_not_run_to_look_for_a_notifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A script among the installed modules would do its work, and end the callback."""
    trace = tmp_path / "run"
    (tmp_path / "a_script.py").write_text(
        f"from airflow.sdk import BaseNotifier\nopen({str(trace)!r}, 'w')\nraise SystemExit(3)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    paths = ("a_script.BaseNotifier", "a_script:BaseNotifier", "a_script.inner.Notifier")
    send(NOTICE, [*map(entry, paths), entry()])
    assert not trace.exists()
    assert caplog.text.count("The Airflow Variable amplitude_notices") == len(paths)
    assert Recorder.sent == [NOTICE.subject]


def test_a_second_name_of_a_class_is_found() -> None:
    """The providers have one for each of their notifiers."""
    path = "airflow.providers.smtp.notifications.smtp"
    assert class_at(f"{path}.send_smtp_notification") is class_at(f"{path}:SmtpNotifier")
