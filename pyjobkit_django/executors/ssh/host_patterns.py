"""Which hosts are meant: names and patterns such as ``*.example.com``."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

from pyjobkit_django.errors import ConfigError


@dataclass(frozen=True, slots=True)
class HostPatterns:
    """A list of hosts."""

    patterns: tuple[str, ...]

    @classmethod
    def of(cls, name: str, given: Any) -> Self | None:
        """Return the patterns, None for None; raise ConfigError naming the option."""
        if given is None:
            return None
        texts = isinstance(given, (list, tuple, set, frozenset)) and all(
            isinstance(pattern, str) for pattern in given
        )
        if not texts:
            raise ConfigError(f"{name} must be a list of hosts, not {given!r}")
        return cls(tuple(sorted(pattern.lower() for pattern in given)))

    def __contains__(self, host: str) -> bool:
        """Tell whether one of the patterns is, or matches, ``host``."""
        return any(fnmatchcase(host.lower(), pattern) for pattern in self.patterns)
