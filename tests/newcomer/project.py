"""A Django project in which a test does what a page says, word by word."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.newcomer.environment import Environment
from tests.newcomer.snippets import Command, Snippet

#: What answers only once somebody ends it, unless it is told to end by itself.
_LASTING = re.compile(r"manage\.py (runserver|pyjobkit_worker)\b(?!.*--(once|help))")
#: Stands in a page for what differs from run to run.
_WHATEVER = "…"
_PATIENCE_S = 60.0


class Project:
    """An empty folder to begin with; at the end whatever still runs is ended."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self.environment = environment
        self._lasting: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for process in self._lasting:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self._lasting:
            process.wait(_PATIENCE_S)

    def follow(self, snippets: Iterable[Snippet]) -> None:
        """Write the files and type the commands, in the order of the page."""
        for snippet in snippets:
            if snippet.path:
                self.write(snippet.path, snippet.text, append=snippet.is_appended)
            for command in snippet.commands:
                self._follow_command(command, where=snippet.name)

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if append else "w", encoding="utf-8") as opened:
            opened.write(f"\n{text}" if append else text)

    def run(self, line: str, *, where: str = "a test") -> str:
        """Return what a command prints; where it fails, fail with all of that."""
        done = subprocess.run(
            line,
            shell=True,
            cwd=self.folder,
            env=self.environment.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
        told = f"{where}: $ {line}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, told
        return done.stdout

    def ask(self, program: str) -> str:
        """Return what a Python program prints in this project."""
        return self.run(
            f"python manage.py shell -v 0 -c {shlex.quote(program)}"
        ).strip()

    def start(self, line: str) -> None:
        """Start what lasts; its output goes to a file of its own."""
        # The ports that a page names may be taken here.
        line = line.replace("--metrics-port 9000", "--metrics-port 0")
        if "runserver" in line:
            line = f"{line} 127.0.0.1:{self.port} --noreload"
        with (self.folder / f"lasting-{len(self._lasting)}.log").open("wb") as log:
            process = subprocess.Popen(
                shlex.split(line),
                cwd=self.folder,
                env=self.environment.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._lasting.append(process)

    def _follow_command(self, command: Command, *, where: str) -> None:
        if _LASTING.search(command.line):
            self.start(command.line)
            return
        told = self.run(command.line, where=where)
        if command.output:
            pattern = _pattern_of(command.output)
            assert re.search(pattern, told), f"{where} shows another answer:\n{told}"


def _pattern_of(shown: str) -> str:
    return ".*".join(map(re.escape, shown.split(_WHATEVER)))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
