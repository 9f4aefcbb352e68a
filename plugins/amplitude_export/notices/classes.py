"""Find a class by its dotted path, without the execution of a module that does not have it.

An import runs the module, and some do more than define names: `this` prints, `test.autotest` runs
all of Python's own tests, and a script ends the process.
"""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec


def class_at(path: str) -> type:
    """Return the class at `package.module.Class`.

    Only packages above the module are imported before its text is known to define the class, or a
    second name for one. Raises ImportError, and ValueError for a path of another form.
    """
    module, _, name = path.replace(":", ".").rpartition(".")
    if not all(part.isidentifier() for part in path.replace(":", ".").split(".")) or not module:
        raise ValueError("invalid format")
    if name not in _classes(_source(module)):
        raise ImportError(f"the text of the module {module} does not define the class {name}")
    found: type = getattr(import_module(module), name)
    return found


def _source(module: str) -> str:
    """Return the module's text; empty if it has none."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        # This imports what is above it, which is a package.
        spec = find_spec(name)
        if spec is None:
            raise ImportError(f"No module named {name!r}")
        if end < len(parts) and spec.submodule_search_locations is None:
            raise ImportError(f"{name} is not a package")
    source = getattr(spec and spec.loader, "get_source", lambda _: None)(module)
    return source or ""


def _classes(source: str) -> set[str]:
    """Return the names of the classes that the text itself defines, second names included."""
    body = ast.parse(source).body
    names = {each.name for each in body if isinstance(each, ast.ClassDef)}
    second = (
        target.id
        for each in body
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Name)
        and each.value.id in names
        for target in each.targets
        if isinstance(target, ast.Name)
    )
    return names.union(second)
