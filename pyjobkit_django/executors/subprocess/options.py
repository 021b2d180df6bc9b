"""What the executor may be told when it is made, checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.option_checks import check_count, check_seconds
from pyjobkit_django.quoting import quoted


def check_options(
    *, grace_s: object, shell: object, env: object, max_stderr_tail: object
) -> None:
    """Raise ConfigError for the first option that makes no sense, or on a foreign system."""
    if not hasattr(os, "killpg"):
        raise ConfigError("SubprocessExecutor needs process groups: a POSIX system")
    check_seconds("grace_s", grace_s, zero_ok=True)
    check_count("max_stderr_tail", max_stderr_tail, least=0)
    if not _is_path(shell):
        raise ConfigError(f"shell must be an absolute path, not {quoted(shell)}")
    if env is not None and not _is_environment(env):
        # The values are not shown: some may be secret.
        raise ConfigError("env must be a dict of texts, by the names of variables")


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and "\x00" not in value


def _is_environment(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) and "\x00" not in text
        for pair in value.items()
        for text in pair
    )
