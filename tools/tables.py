"""Copy the descriptions of all columns into docs/tables.md.

`python -m tools.tables` replaces the text between the page's markers; the text around them is
written by hand. `--check` writes nothing and fails if the page is stale. The columns of the raw
schema come from include/sql/setup/objects, those of SILVER and GOLD from dbt's manifest.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tables.md"
OBJECTS = ROOT / "include" / "sql" / "setup" / "objects"
PROJECT = ROOT / "include" / "dbt"
DBT = ROOT / ".venv-dbt" / "bin" / "dbt"

# Tables that hold the results come first, then those that say how far a run has come, then seeds.
LAYERS = ("silver", "staged", "changes", "gold", "seeds")
# `dbt parse` reads a profile and connects to nothing.
PROFILE = {
    "amplitude": {
        "target": "warehouse",
        "outputs": {
            "warehouse": {
                "type": "snowflake",
                "account": "none",
                "user": "none",
                "password": "none",
                "database": "amplitude",
                "schema": "silver",
            }
        },
    }
}
_BLOCK = re.compile(r"(<!-- begin (\S+) -->\n).*?(<!-- end \2 -->)", re.S)
# A column of `create table`, with the comment above it.
_COLUMN = re.compile(
    r"(?P<comment>(?:^ +-- .*\n)+)^ +(?P<name>\w+) (?P<type>\w+(?:\(.*?\))?)", re.M
)
_GRAIN = re.compile(r"\s*One row for (each [^.]*)\.$")


@dataclass(frozen=True)
class Model:
    """A table or view that dbt builds: `gold.daily`, what it holds, and its columns."""

    name: str
    text: str
    grain: str
    columns: Mapping[str, str]
    shared: frozenset[str]

    @classmethod
    def of(cls, node: Mapping[str, Any], docs: Mapping[str, str]) -> Model:
        """Read a node of the manifest. A column is shared if `docs` has its name and its text."""
        columns = {name: _line(it["description"]) for name, it in node["columns"].items()}
        description = _line(node["description"])
        grain = _GRAIN.search(description)
        return cls(
            name=f"{node['schema']}.{node['alias']}",
            text=_GRAIN.sub("", description),
            grain=grain[1] if grain else "",
            columns=columns,
            shared=frozenset(name for name in columns if columns[name] == docs.get(name)),
        )


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` compare it; return the exit code."""
    page = PAGE.read_text()
    fresh = render(page, manifest())
    if "--check" not in arguments:
        PAGE.write_text(fresh)
    elif fresh != page:
        print("docs/tables.md is stale. Run: .venv/bin/python -m tools.tables", file=sys.stderr)
        return 1
    return 0


def manifest() -> dict[str, Any]:
    """Return dbt's manifest of the project; it takes no connection to Snowflake."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "profiles.yml").write_text(json.dumps(PROFILE))
        folders = ("--profiles-dir", folder, "--target-path", folder, "--project-dir", PROJECT)
        subprocess.run(
            [DBT, "--quiet", "--log-path", folder, "--log-level-file", "none", "parse", *folders],
            check=True,
            env={"DBT_RAW_SCHEMA": "raw", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        )
        content: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
        return content


def render(page: str, content: Mapping[str, Any]) -> str:
    """Return the page with every block between two markers rewritten."""
    docs = {it["name"]: _line(it["block_contents"]) for it in content["docs"].values()}
    found = models(content, docs)

    def block(match: re.Match[str]) -> str:
        lines = {
            "shared-columns": lambda: _shared_columns(found, docs),
            "models": lambda: _sections(found),
        }.get(match[2], lambda: _raw_table(match[2]))()
        return f"{match[1]}{chr(10).join(lines)}\n{match[3]}"

    return _BLOCK.sub(block, page)


def models(content: Mapping[str, Any], docs: Mapping[str, str]) -> list[Model]:
    """Return the models and seeds, layer by layer, in the order in which dbt builds them."""
    nodes = [it for it in content["nodes"].values() if it["resource_type"] in ("model", "seed")]
    ranks = {it["unique_id"]: _rank(it["unique_id"], content["parent_map"]) for it in nodes}
    nodes.sort(key=lambda it: (LAYERS.index(it["tags"][0]), ranks[it["unique_id"]], it["alias"]))
    return [Model.of(node, docs) for node in nodes]


def raw_columns(table: str) -> list[tuple[str, str, str]]:
    """Return name, type and description of each column of a table of the raw schema.

    Raises ValueError for a column without a comment above it, or a table that is not there.
    """
    (file,) = OBJECTS.glob(f"*_create_{table}.sql")
    body = file.read_text().partition("*/")[2]
    found = [
        (column["name"], column["type"], _line(column["comment"].replace("--", "")))
        for column in _COLUMN.finditer(body)
    ]
    if len(found) != len(re.findall(r"^    [^\s-].*", body, re.M)):
        raise ValueError(f"{file.name}: each column needs a comment above it.")
    return found


def _raw_table(table: str) -> list[str]:
    rows = [
        f"| `{name.upper()}` | {kind.upper()} | {meaning} |"
        for name, kind, meaning in raw_columns(table)
    ]
    return ["| column | type | meaning |", "|---|---|---|", *rows]


def _shared_columns(found: Sequence[Model], docs: Mapping[str, str]) -> list[str]:
    used = frozenset[str]().union(*(model.shared for model in found))
    return _table({name: text for name, text in docs.items() if name in used})


def _sections(found: Sequence[Model]) -> list[str]:
    lines: list[str] = []
    before: dict[tuple[tuple[str, str], ...], str] = {}
    for model in found:
        twin = before.setdefault(tuple(model.columns.items()), model.name)
        lines += _section(model, twin)
    return lines[1:]


def _section(model: Model, twin: str) -> Iterator[str]:
    """`twin` is the first model with the same columns, or the model itself."""
    yield from ("", f"### `{model.name}`: one row for {model.grain}", "", *_wrapped(model.text))
    if twin != model.name:
        yield from ("", f"The same columns as `{twin}`.")
        return
    own = {name: text for name, text in model.columns.items() if name not in model.shared}
    if own:
        yield from ("", *_table(own))
    if model.shared:
        names = ", ".join(f"`{name}`" for name in model.columns if name in model.shared)
        yield from ("", *_wrapped(f"Also: {names}."))


def _table(columns: Mapping[str, str]) -> list[str]:
    rows = [f"| `{name}` | {text} |" for name, text in columns.items()]
    return ["| column | meaning |", "|---|---|", *rows]


def _rank(node: str, parents: Mapping[str, Sequence[str]]) -> int:
    """Return the length of the longest path to the node from a source or seed."""
    return 1 + max((_rank(it, parents) for it in parents.get(node, ())), default=0)


def _line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 110, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
