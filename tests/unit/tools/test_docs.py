"""tools/docs.py: broken links, long lines and a long README are reported with file and line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import docs

OTHER = """# Heading: `code`, a [link](https://example.org) and "more"
## Twice
## Twice
<a id="former"></a>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one page that others link to."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/other.md").write_text(OTHER)
    return tmp_path


def faults_of(project: Path, text: str, name: str = "docs/page.md") -> list[str]:
    page = project / name
    page.write_text(text)
    return list(docs.faults([page], project))


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/none",
        "mailto:me@example.org",
        "other.md",
        "../docs/other.md",
        "../docs",
        "other.md#heading-code-a-link-and-more",
        "other.md#twice",
        "other.md#twice-1",
        "other.md#former",
        "#here",
    ],
)
def test_a_link_that_leads_somewhere_is_no_fault(project: Path, target: str) -> None:
    assert faults_of(project, f"# Here\n\n[Link]({target}).\n") == []


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("none.md", "no such file in the project"),
        ("/docs/other.md", "no such file in the project"),
        ("../../outside.md", "no such file in the project"),
        ("other.md#twice-2", "no such anchor"),
        ("#there", "no such anchor"),
    ],
)
def test_a_broken_link_is_reported(project: Path, target: str, fault: str) -> None:
    assert faults_of(project, f"# Here\n\nA [link]({target}).\n") == [
        f"docs/page.md:3: {target}: {fault}"
    ]


def test_links_of_images_tables_and_references_are_checked(project: Path) -> None:
    text = "![Picture](none.png)\n\n| a |\n|---|\n| [b](none.md) |\n\n[c]\n\n[c]: gone.md\n"
    assert faults_of(project, text) == [
        "docs/page.md:1: none.png: no such file in the project",
        "docs/page.md:5: none.md: no such file in the project",
        "docs/page.md:7: gone.md: no such file in the project",
    ]


def test_a_link_in_code_is_no_link(project: Path) -> None:
    assert faults_of(project, "`[a](none.md)`\n\n    [b](none.md)\n") == []


@pytest.mark.parametrize(
    ("before", "limit"),
    [("", 120), ("# ", 120), ("* ", 120), ("> ", 120), ("<!-- ", 120), ("| a |\n|---|\n| ", 160)],
    ids=["prose", "heading", "list", "quote", "comment", "table"],
)
def test_a_line_has_a_greatest_length(project: Path, before: str, limit: int) -> None:
    """Counted in characters and not in bytes."""
    prefix = before.rpartition("\n")[2]
    fits = before + "é" * (limit - len(prefix))
    assert faults_of(project, f"{fits}\n") == []
    line = before.count("\n") + 1
    fault = f"docs/page.md:{line}: {limit + 1} characters; at most {limit} are allowed"
    assert faults_of(project, f"{fits}x\n") == [fault]


@pytest.mark.parametrize("link", ["https://example.org/{}", "[text](https://example.org/{})"])
def test_code_and_a_link_alone_on_its_line_can_be_longer(project: Path, link: str) -> None:
    long = link.format("x" * 120)
    assert faults_of(project, f"    {long} code\n\n```\n{long} code\n```\n\n* {long}\n") == []
    assert len(faults_of(project, f"{long} text\n")) == 1


def test_only_the_readme_at_the_root_has_a_greatest_length(project: Path) -> None:
    text = "x\n" * 131
    assert faults_of(project, text, "docs/README.md") == []
    assert faults_of(project, text, "README.md") == [
        "README.md:131: 131 lines; at most 130 are allowed"
    ]


def test_tracked_and_new_files_are_checked_but_no_ignored_one(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    (project / ".gitignore").write_text("/ignored\n")
    (project / "ignored").mkdir()
    for name in ("ignored/page.md", "docs/removed.md", "new.md"):
        (project / name).write_text("# Page\n")
    subprocess.run(["git", "add", "docs"], cwd=project, check=True)
    (project / "docs/removed.md").unlink()
    assert docs.pages(project) == [project / "docs/other.md", project / "new.md"]


def test_a_fault_ends_the_command_with_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "pages", list)
    assert docs.main() == 0
    monkeypatch.setattr(docs, "faults", lambda _: iter(["README.md:1: none.md: no such file"]))
    assert docs.main() == 1
    assert capsys.readouterr().err == "README.md:1: none.md: no such file\n"
