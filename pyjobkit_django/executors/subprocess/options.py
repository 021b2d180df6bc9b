"""What the executor may be told when it is made, checked once."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from pyjobkit_django.errors import ConfigError


def check_options(
    *, grace_s: object, shell: object, env: object, max_stderr_tail: object
) -> None:
    """Raise ConfigError for the first option that makes no sense, or on a foreign system."""
    if not hasattr(os, "killpg"):
        raise ConfigError("SubprocessExecutor needs process groups: a POSIX system")
    for name, value, is_sound, wanted in (
        ("grace_s", grace_s, _is_seconds(grace_s), "seconds, 0 or more"),
        ("shell", shell, _is_path(shell), "an absolute path"),
        ("env", env, env is None or _is_environment(env), "a dict of strings"),
        (
            "max_stderr_tail",
            max_stderr_tail,
            _is_count(max_stderr_tail),
            "a number of lines, 0 or more",
        ),
    ):
        if not is_sound:
            raise ConfigError(f"{name} must be {wanted}, not {value!r}")


def _is_seconds(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value < math.inf  # type: ignore[operator] # just checked


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and "\x00" not in value


def _is_environment(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) and "\x00" not in text
        for pair in value.items()
        for text in pair
    )
