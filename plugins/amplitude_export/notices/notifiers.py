"""Send notices with Airflow's own notifiers, which the Variable `amplitude_notices` lists.

    [{"notifier": "<path of a class>", "arguments": {"<its argument>": "{{ notice.text }}", …}}, …]

Without the Variable no notice is sent. It is read when a notice is due. Users who can edit it are
not trusted with more than that: only subclasses of BaseNotifier are called, a module that does not
define the class is not imported (classes.py), Jinja's own sandbox renders their templates with
`notice` (`amplitude_export.notices.message.Notice`) alone, and arguments that read files or
redirect a connection are refused.
"""

from __future__ import annotations

import json
import logging
from typing import Any, TypedDict

from airflow.sdk import BaseNotifier, Variable
from jinja2.sandbox import ImmutableSandboxedEnvironment

from amplitude_export.errors import BadSetting
from amplitude_export.notices.classes import class_at
from amplitude_export.notices.message import Notice
from amplitude_export.settings import NOTICES

log = logging.getLogger(__name__)

# Arguments of the providers' notifiers, by what they would give to a user who can edit Variables.
_REFUSED_ARGUMENTS = {
    "attach": "attaches files of this machine",
    "files": "attaches files of this machine",
    "template": "reads a file of this machine",
    "base_url": "sends a connection's secret to another host",
    # HttpHook appends it to the connection's host, which is empty in a connection of AWS.
    "endpoint": "sends a connection's secret to another host",
    "extra_options": "sends a connection's secret through another proxy",
    "proxy": "sends a connection's secret through another proxy",
}
# Airflow's own sandbox trusts the authors of DAGs: it lets through names with one underscore, which
# lead from any template to its environment, and from there to the execution of code.
_SANDBOX = ImmutableSandboxedEnvironment()


class Entry(TypedDict):
    """The dotted path of a notifier's class, and the arguments of its constructor."""

    notifier: str
    arguments: dict[str, Any]


def entries() -> list[Entry]:
    """Return the entries of the Variable; raises BadSetting if it is not such a list."""
    text = Variable.get(NOTICES, default=None)
    if not text:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"is not JSON, {error}: no notice is sent") from error
    if not isinstance(found, list) or not all(map(_is_entry, found)):
        raise _bad('is not a list of {"notifier": …, "arguments": {…}}: no notice is sent')
    return found


def send(notice: Notice, to: list[Entry]) -> None:
    """Send the notice with each notifier; a failure is logged.

    It is not raised, because no further notice could report it. The callback's own context stays
    here: in a template it would open every connection and Variable.
    """
    for entry in to:
        try:
            _notify(_notifier(entry), {"notice": notice})
        except BadSetting as error:
            log.error("%s", error)
        except Exception:
            log.exception("%s did not send: %s", entry["notifier"], notice.subject)
        else:
            log.info("%s has sent: %s", entry["notifier"], notice.subject)


def _notify(notifier: BaseNotifier, context: Any) -> None:
    # In place of calling it, which would render its templates in Airflow's sandbox.
    notifier.render_template_fields(context, _SANDBOX)
    notifier.notify(context)


def _is_entry(found: Any) -> bool:
    keys = {"notifier": str, "arguments": dict}
    return (
        isinstance(found, dict)
        and found.keys() == keys.keys()
        and all(isinstance(found[key], kind) for key, kind in keys.items())
    )


def _notifier(entry: Entry) -> BaseNotifier:
    path, arguments = entry["notifier"], entry["arguments"]
    try:
        kind = class_at(path)
    except (ValueError, ImportError, AttributeError, SyntaxError) as error:
        raise _bad(f"has a notifier that cannot be created, {path}: {error}") from error
    if not isinstance(kind, type) or not issubclass(kind, BaseNotifier):
        raise _bad(f"names {path}, which is not a notifier of Airflow")
    if refused := sorted(_REFUSED_ARGUMENTS.keys() & arguments.keys()):
        name = refused[0]
        raise _bad(f"gives {path} the argument {name}, which {_REFUSED_ARGUMENTS[name]}")
    try:
        return kind(**arguments)
    except (ValueError, TypeError, OSError) as error:
        raise _bad(f"has a notifier that cannot be created, {path}: {error}") from error


def _bad(what: str) -> BadSetting:
    return BadSetting(f"The Airflow Variable {NOTICES} {what}.", "correct it, or remove it.")
