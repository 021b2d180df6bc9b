"""Which commands may run, where not all of them may."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Self

from pyjobkit_django.errors import ConfigError, DiscardJob
from pyjobkit_django.executors.subprocess.command import Command
from pyjobkit_django.executors.subprocess.environment import steering
from pyjobkit_django.quoting import quoted


@dataclass(frozen=True, slots=True)
class AllowList:
    """What may stand first in ``cmd``, with the absolute path that is run for it.

    A name is looked up once, when the list is made. A path stands for itself alone,
    and is run as it is written: whoever lists a symlink trusts what it leads to, and
    an unlisted symlink to a listed command is not listed.
    """

    paths: Mapping[str, str | None]

    @classmethod
    def of(cls, commands: Iterable[str | os.PathLike[str]], *, path: str) -> Self:
        """Return the list of ``commands``, whose names are looked up in ``path``.

        Raises ConfigError for what is neither a name nor an absolute path.
        """
        if isinstance(commands, (str, bytes)):
            raise ConfigError(
                f"allowed_commands must be a list, not {quoted(commands)}"
            )
        places = [place for place in path.split(os.pathsep) if place.startswith("/")]
        lookup = os.pathsep.join(places)
        return cls(dict(_entry(command, lookup) for command in commands))

    def admit(self, command: Command) -> Command:
        """Return the command as it may be run; raise DiscardJob where it may not."""
        if command.is_for_shell:
            raise DiscardJob(
                f"cmd must be a list here, not a string for the shell; {self._allowed}"
            )
        if refused := steering(command.added_env):
            raise DiscardJob(
                f"env may not set {', '.join(refused)} here: it could make an allowed "
                f"command run another"
            )
        name = _normal(command.argv[0])
        if name is None or name not in self.paths:
            raise DiscardJob(f"{command.name} is not allowed; {self._allowed}")
        found = self.paths[name]
        if found is None:
            raise DiscardJob(
                f"{command.name} is allowed, but was not in PATH when the worker started"
            )
        return replace(command, argv=(found, *command.argv[1:]))

    @property
    def _allowed(self) -> str:
        return f"allowed are: {', '.join(sorted(self.paths)) or 'none'}"


def _entry(command: object, lookup: str) -> tuple[str, str | None]:
    given = os.fspath(command) if isinstance(command, os.PathLike) else command
    name = _normal(given) if isinstance(given, str) else None
    if name is None:
        raise ConfigError(
            f"allowed_commands holds {quoted(command)}; list names such as 'git' or absolute "
            f"paths without '..'"
        )
    return name, name if name.startswith("/") else shutil.which(name, path=lookup)


def _normal(command: str) -> str | None:
    """Return a name as it is, an absolute path without detours, None for the rest.

    What ``..`` means depends on symlinks, and a relative path on the directory.
    """
    path = PurePosixPath(command)
    if not command or ".." in path.parts or "\x00" in command:
        return None
    if "/" not in command:
        return command
    return str(path) if path.is_absolute() else None
