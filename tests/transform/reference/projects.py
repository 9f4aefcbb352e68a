"""Projects: each has tables of its own, and its name is in the keys of all but `default`."""

from __future__ import annotations

from tests.transform.reference.typed import Row

_DEFAULT = "default"
_KEYS = ("device_key", "session_key", "user_key", "company_key")


def in_project(project: str, row: Row) -> Row:
    """Return a row of the project's own tables as it is in the tables of all projects."""
    keys = {name: _key(project, row[name]) for name in _KEYS if row.get(name) is not None}
    return row | keys | {"project": project}


def _key(project: str, key: str) -> str:
    """Return the key; one of `default` changes only if it looks like another project's."""
    own = project == _DEFAULT and not key.startswith("project:")
    return key if own else f"project:{project}/{key}"
