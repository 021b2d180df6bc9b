"""The code in a page: files to write, and commands to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

#: ``# shop/executors.py``, perhaps followed by where in the file, or by what it shows.
_FILE = re.compile(r"# (?P<path>[\w./-]+\.py)\b(?P<rest>.*)")
_APPENDED = "at the end"
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Command:
    """A line to type, and what the page shows of the answer."""

    line: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A fenced block, with the titles that it stands under."""

    language: str
    text: str
    titles: tuple[str, ...]
    source: str
    line: int

    @property
    def name(self) -> str:
        return f"{self.source}:{self.line}"

    @property
    def path(self) -> str | None:
        """The file that it is, or is a part of, as its first line says."""
        named = self._named
        return named["path"] if named else None

    @property
    def is_appended(self) -> bool:
        named = self._named
        return named is not None and _APPENDED in named["rest"]

    @property
    def commands(self) -> list[Command]:
        """The commands of a console, each with the lines below it."""
        if self.language != "console":
            return []
        typed = re.split(rf"^{re.escape(_PROMPT)}", self.text, flags=re.MULTILINE)
        return [_command(text) for text in typed if text.strip()]

    @property
    def _named(self) -> re.Match[str] | None:
        return _FILE.match(self.text) if self.language == "python" else None


def _command(text: str) -> Command:
    lines = text.splitlines()
    continued = sum(1 for line in lines if line.endswith("\\"))
    return Command(
        "\n".join(lines[: continued + 1]), "\n".join(lines[continued + 1 :]).strip()
    )


def snippets(page: Path, *, under: str | None = None) -> list[Snippet]:
    """Return the fenced blocks of a page in order, or those under one of its titles."""
    found = list(_read(page))
    return [each for each in found if under is None or under in each.titles]


def _read(page: Path) -> Iterator[Snippet]:
    titles: list[str] = []
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following:
            del titles[int(token.tag[1:]) - 1 :]
            titles.append(following.content)
        if token.type == "fence" and token.map:
            yield Snippet(
                token.info.strip(),
                token.content,
                tuple(titles),
                page.name,
                token.map[0] + 1,
            )
