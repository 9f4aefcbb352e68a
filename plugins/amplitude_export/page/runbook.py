"""Render docs/runbook.md as a page, so that a failed task can link to its section."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Beside plugins/, in the project as in the image.
FILE = Path(__file__).resolve().parents[3] / "docs" / "runbook.md"
_FRAME = Path(__file__).with_name("runbook.html")
_PLACE = "<!-- runbook -->"
# The text is the project's own: its anchors for earlier names are HTML.
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def render(text: str) -> str:
    """Return the Markdown as an HTML document; headings have the ids that GitHub gives them."""
    tokens = _MARKDOWN.parse(text)
    for token, content in zip(tokens, tokens[1:], strict=False):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(content.content))
        _drop_links_to_files(content.children or [])
    body = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return _FRAME.read_text("utf-8").replace(_PLACE, body)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _drop_links_to_files(tokens: list[Token]) -> None:
    """Keep the text of links to other files of docs/, which are not served."""
    to_file = False
    for token in tokens:
        if token.type == "link_open":
            href = str(token.attrGet("href"))
            to_file = not href.startswith(("#", "https://"))
        if to_file and token.type in ("link_open", "link_close"):
            token.tag, token.attrs = "span", {}
