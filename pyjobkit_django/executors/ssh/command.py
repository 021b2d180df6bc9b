"""What a payload asks to be run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pyjobkit_django.executors.payload_fields import Fields, refuse

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


def command_of(fields: Fields) -> Command:
    """Return the command in a payload; raise DiscardJob naming the first fault in it."""
    return Command(
        line=fields.required("cmd"),
        env=_environment(fields),
        stdin=fields.text("stdin"),
        check=fields.flag("check") is not False,
        supervise=fields.flag("supervise"),
    )


def _environment(fields: Fields) -> dict[str, str]:
    env = fields.texts("env")
    if not all(map(_VARIABLE.fullmatch, env)):
        refuse("env", "names of variables are letters, digits and underscores")
    return env
