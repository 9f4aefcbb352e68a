"""Check the Markdown files: links, the length of lines, and the length of the README.

    links    A link within the project names a file that exists and, in a Markdown file, an anchor:
             a heading's, by GitHub's rule, or an explicit `<a id="…">`.
    lines    At most 120 characters of prose, and 160 in a row of a table, which cannot be wrapped:
             what needs more is a list. Code blocks and a link alone on its line are exempt.
    README   At most 130 lines.

`python -m tools.docs` prints one line for each fault and exits with 1 if there is one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
MAX_PROSE, MAX_ROW, MAX_README = 120, 160, 130

_PROSE = dict.fromkeys(("paragraph_open", "heading_open", "html_block"), MAX_PROSE)
_LIMITS = {**_PROSE, "table_open": MAX_ROW}
_LINK_ALONE = re.compile(r"[\s>*-]*(!?\[[^\]]*\]\([^)]*\)|<?https?://\S+)[.,;:]?\s*")
_EXPLICIT_ID = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_PARSER = MarkdownIt("commonmark").enable("table")


def main() -> int:
    """Print the faults of all pages, and return the exit code."""
    found = list(faults(pages()))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


def pages(root: Path = ROOT) -> list[Path]:
    """Return the Markdown files that are tracked, or new and not ignored by git."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md")
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    # A tracked file can be deleted in the work tree.
    return sorted({root / it for it in done.stdout.split("\0") if it and (root / it).is_file()})


def faults(files: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """Yield `path:line: fault` for each fault of the files."""
    for page in files:
        found = [*_long_lines(page), *_broken_links(page, root)]
        if page == root / "README.md" and (length := len(_lines(page))) > MAX_README:
            found.append((length, f"{length} lines; at most {MAX_README} are allowed"))
        yield from (f"{page.relative_to(root)}:{line}: {fault}" for line, fault in sorted(found))


def _long_lines(page: Path) -> Iterator[tuple[int, str]]:
    lines = _lines(page)
    for token in _tokens(page):
        limit = _LIMITS.get(token.type, sys.maxsize)
        first, last = token.map or (0, 0)
        for number, line in enumerate(lines[first:last], first + 1):
            if len(line) > limit and not _LINK_ALONE.fullmatch(line):
                yield number, f"{len(line)} characters; at most {limit} are allowed"


def _broken_links(page: Path, root: Path) -> Iterator[tuple[int, str]]:
    line = 0
    for token in _tokens(page):
        # A cell of a table has no line of its own: its row has one.
        line = token.map[0] + 1 if token.map else line
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target and (fault := _fault_of(str(target), page, root)):
                yield line, f"{target}: {fault}"


def _fault_of(target: str, page: Path, root: Path) -> str:
    if _OUTSIDE.match(target):
        return ""
    path, _, anchor = unquote(target).partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.is_relative_to(root) or not file.exists():
        return "no such file in the project"
    if anchor and file.suffix == ".md" and anchor not in anchors(file):
        return "no such anchor"
    return ""


def anchors(page: Path) -> frozenset[str]:
    """Return the page's anchors: of its headings, as GitHub makes them, and explicit ones."""
    found: dict[str, int] = {}
    explicit = _EXPLICIT_ID.findall(page.read_text("utf-8"))
    tokens = _tokens(page)
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open":
            text = "".join(it.content for it in inline.children or () if it.type != "image")
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            # A heading that comes again gets a number.
            found[anchor] = count = found.get(anchor, -1) + 1
            explicit.append(f"{anchor}-{count}" if count else anchor)
    return frozenset(explicit)


def _tokens(page: Path) -> list[Token]:
    return _PARSER.parse(page.read_text("utf-8"))


def _lines(page: Path) -> list[str]:
    return page.read_text("utf-8").splitlines()


if __name__ == "__main__":
    sys.exit(main())
