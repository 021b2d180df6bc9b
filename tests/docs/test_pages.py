"""What holds for every page: its links lead somewhere, its code is code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from docs.generators.pages import pages
from tests.newcomer.environment import ROOT
from tests.newcomer.snippets import snippets

README = ROOT / "README.md"
PAGES = [
    README,
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LONGEST_README = 250

pytestmark = pytest.mark.once

_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


def of_page(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_every_link_leads_somewhere(page):
    found = _LINK.findall(page.read_text(encoding="utf-8"))
    targets = [(page.parent / path if path else page, title) for path, title in found]

    assert [path for path, _ in targets if not path.exists()] == []
    assert [
        (path, title)
        for path, title in targets
        if title and title not in anchors(path.resolve())
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=of_page)
def test_every_python_snippet_compiles(page):
    for snippet in snippets(page):
        if snippet.language == "python":
            compile(
                snippet.text,
                snippet.name,
                "exec",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            )


@pytest.mark.parametrize("path", pages(), ids=of_page)
def test_what_is_written_by_the_code_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == pages()[path], "run make docs"


def test_the_readme_is_no_manual():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= LONGEST_README


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
