"""What a payload asks to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyjobkit_django.chains import FROM_CHAIN
from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.payload import clean_text

#: What a payload may hold.
KEYS: Final = ("cmd", "env", "cwd", "stdin", "check")

#: How much of a refused value or of a command's name is shown.
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
        return "shell command" if self.is_for_shell else _show(self.argv[0])


def command_of(
    payload: Mapping[str, Any], *, shell: str, base: Mapping[str, str]
) -> Command:
    """Return the command in ``payload``; raise DiscardJob naming the first fault in it."""
    unknown = sorted(set(payload) - {*KEYS} - FROM_CHAIN)
    if unknown:
        raise DiscardJob(
            f"unknown key {_show(unknown[0])}; a subprocess payload has {', '.join(KEYS)}"
        )
    cmd, check = payload.get("cmd"), payload.get("check", True)
    if not isinstance(check, bool):
        raise DiscardJob(f"check must be true or false, not {_show(check)}")
    added = _environment(payload.get("env"))
    is_for_shell = isinstance(cmd, str)
    return Command(
        argv=(shell, "-c", _line(cmd)) if is_for_shell else _arguments(cmd),
        env={**base, **added},
        added_env=frozenset(added),
        cwd=_optional_text("cwd", payload.get("cwd")) or None,
        stdin=_optional_text("stdin", payload.get("stdin"), any_character=True),
        check=check,
        is_for_shell=is_for_shell,
    )


def _line(cmd: Any) -> str:
    line = _text("cmd", cmd)
    if not line.strip():
        raise DiscardJob("cmd is empty; give the command that is to be run")
    return line


def _arguments(cmd: Any) -> tuple[str, ...]:
    if not isinstance(cmd, (list, tuple)):
        raise DiscardJob(
            f"cmd must be a list of strings, or a string for the shell, not {_show(cmd)}"
        )
    arguments = tuple(_text(f"cmd[{place}]", value) for place, value in enumerate(cmd))
    if not arguments or not arguments[0]:
        raise DiscardJob("cmd is empty; its first item is the command to run")
    return arguments


def _environment(env: Any) -> dict[str, str]:
    if env is None:
        return {}
    if not isinstance(env, Mapping):
        raise DiscardJob(f"env must be a dict of strings, not {_show(env)}")
    return {_variable(name): _text(f"env.{name}", value) for name, value in env.items()}


def _variable(name: Any) -> str:
    text = _text("the name of a variable in env", name)
    if not text or "=" in text:
        raise DiscardJob(f"env names a variable {_show(text)}, which no system accepts")
    return text


def _optional_text(name: str, value: Any, *, any_character: bool = False) -> str | None:
    return None if value is None else _text(name, value, any_character=any_character)


def _text(name: str, value: Any, *, any_character: bool = False) -> str:
    if not isinstance(value, str):
        raise DiscardJob(f"{name} must be a string, not {_show(value)}")
    if not any_character and clean_text(value) != value:
        raise DiscardJob(
            f"{name} contains NUL or a lone surrogate, which no command can be given"
        )
    return value


def _show(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
