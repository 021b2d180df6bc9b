"""What a payload asks to be run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pyjobkit_django.executors.ssh.fields import flag, refuse, required, without_nul

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line for the remote user's shell, and what it is given.

    ``supervise`` of None leaves it to the executor.
    """

    line: str
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: str | None = None
    check: bool = True
    supervise: bool | None = None


def command_of(payload: Mapping[str, Any]) -> Command:
    """Return the command in ``payload``; raise DiscardJob naming the first fault in it."""
    return Command(
        line=required(payload, "cmd"),
        env=_environment(payload.get("env")),
        stdin=_stdin(payload.get("stdin")),
        check=flag(payload, "check") is not False,
        supervise=flag(payload, "supervise"),
    )


def _environment(env: Any) -> dict[str, str]:
    if env is None:
        return {}
    if not isinstance(env, Mapping):
        refuse("env", f"must be a dict of texts, not {type(env).__name__}")
    for name, value in env.items():
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            refuse("env", "names of variables are letters, digits and underscores")
        if not isinstance(value, str):
            refuse(f"env.{name}", f"must be text, not {type(value).__name__}")
        without_nul(f"env.{name}", value)
    return dict(env)


def _stdin(stdin: Any) -> str | None:
    if stdin is not None and not isinstance(stdin, str):
        refuse("stdin", f"must be text, not {type(stdin).__name__}")
    return stdin
