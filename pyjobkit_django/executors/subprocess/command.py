"""What a payload asks to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyjobkit_django.executors.payload_fields import Fields, argument_of, refuse

_KEYS: Final = ("cmd", "env", "cwd", "stdin", "check")
#: How much of a command's name is shown.
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that can be started; ``env`` is all of its environment.

    ``added_env`` names what the payload put there.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    added_env: frozenset[str] = frozenset()
    cwd: str | None = None
    stdin: str | None = None
    check: bool = True
    is_for_shell: bool = False

    @property
    def name(self) -> str:
        """What a message calls it; arguments are left out, they may be secret."""
        return "shell command" if self.is_for_shell else _shown(self.argv[0])


def command_of(
    payload: Mapping[str, Any], *, shell: str, base: Mapping[str, str]
) -> Command:
    """Return the command in ``payload``; raise DiscardJob naming the first fault in it."""
    fields = Fields(payload, known=_KEYS)
    cmd = fields.value("cmd")
    added = fields.texts("env")
    for name in added:
        _check_variable(name)
    is_for_shell = isinstance(cmd, str)
    return Command(
        argv=(shell, "-c", fields.required("cmd")) if is_for_shell else _arguments(cmd),
        env={**base, **added},
        added_env=frozenset(added),
        cwd=fields.nonempty("cwd"),
        stdin=fields.text("stdin"),
        check=fields.flag("check") is not False,
        is_for_shell=is_for_shell,
    )


def _arguments(cmd: Any) -> tuple[str, ...]:
    if not isinstance(cmd, (list, tuple)):
        refuse("cmd", "must be a list of texts, or a text for the shell")
    arguments = tuple(
        argument_of(f"cmd[{place}]", value) for place, value in enumerate(cmd)
    )
    if not arguments or not arguments[0]:
        refuse("cmd", "is empty; its first item is the command to run")
    return arguments


def _check_variable(name: str) -> None:
    if not argument_of("env", name) or "=" in name:
        refuse("env", f"names a variable {_shown(name)}, which no system accepts")


def _shown(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
