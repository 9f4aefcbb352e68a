"""Send notices with Airflow's own notifiers, which the Variable `amplitude_notices` lists.

    [{"notifier": "<path of a class>", "arguments": {"<its argument>": "{{ notice.text }}", …}}, …]

Without the Variable no notice is sent. The templates of a notifier can use `notice`
(`amplitude_export.notices.message.Notice`). The Variable is read when a notice is due.
"""

from __future__ import annotations

import json
import logging
from pkgutil import resolve_name
from typing import Any, TypedDict

from airflow.sdk import BaseNotifier, Variable

from amplitude_export.errors import BadSetting
from amplitude_export.notices.message import Notice
from amplitude_export.settings import NOTICES

log = logging.getLogger(__name__)


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
    except ValueError as error:
        raise _bad(f"is not JSON, {error}: no notice is sent") from error
    if not isinstance(found, list) or not all(map(_is_entry, found)):
        raise _bad('is not a list of {"notifier": …, "arguments": {…}}: no notice is sent')
    return found


def send(notice: Notice, context: dict[str, Any], to: list[Entry]) -> None:
    """Send the notice with each notifier; a failure is logged.

    It is not raised, because no further notice could report it.
    """
    for entry in to:
        try:
            _notifier(entry)({**context, "notice": notice})
        except BadSetting as error:
            log.error("%s", error)
        except Exception:
            log.exception("%s did not send: %s", entry["notifier"], notice.subject)
        else:
            log.info("%s has sent: %s", entry["notifier"], notice.subject)


def _is_entry(found: Any) -> bool:
    keys = {"notifier": str, "arguments": dict}
    return (
        isinstance(found, dict)
        and found.keys() == keys.keys()
        and all(isinstance(found[key], kind) for key, kind in keys.items())
    )


def _notifier(entry: Entry) -> BaseNotifier:
    try:
        made = resolve_name(entry["notifier"])(**entry["arguments"])
    except (ValueError, ImportError, AttributeError, TypeError) as error:
        raise _bad(
            f"has a notifier that cannot be created, {entry['notifier']}: {error}"
        ) from error
    if not isinstance(made, BaseNotifier):
        raise _bad(f"names {entry['notifier']}, which is not a notifier of Airflow")
    return made


def _bad(what: str) -> BadSetting:
    return BadSetting(f"The Airflow Variable {NOTICES} {what}.", "correct it, or remove it.")
