"""What an SSHExecutor is told when it is made, checked once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypedDict

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.executors.ssh.credentials import Credential, credentials_of
from pyjobkit_django.executors.ssh.host_patterns import HostPatterns
from pyjobkit_django.option_checks import check_count, check_flag, check_seconds

_SECONDS: Final = ("connect_timeout_s", "keepalive_s", "idle_s", "grace_s")
_COUNTS: Final = ("max_connections_per_host", "max_sessions")

type PathLike = str | os.PathLike[str]


class SSHKeywords(TypedDict, total=False):
    """The keywords of SSHExecutor, as settings may give them."""

    known_hosts: PathLike | Iterable[PathLike] | None
    credentials: Mapping[str, Mapping[str, Any]] | None
    verify_host: bool
    allowed_hosts: Iterable[str] | None
    connect_timeout_s: float
    keepalive_s: float
    idle_s: float
    grace_s: float
    max_connections_per_host: int
    max_sessions: int
    supervise: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SSHOptions:
    """Every option of an SSHExecutor, sound."""

    known_hosts: tuple[Path, ...] = (Path("~/.ssh/known_hosts"),)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    verify_host: bool = True
    allowed_hosts: HostPatterns | None = None
    connect_timeout_s: float = 10.0
    keepalive_s: float = 15.0
    idle_s: float = 60.0
    grace_s: float = 3.0
    max_connections_per_host: int = 4
    max_sessions: int = 8
    supervise: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, naming the option."""
        for name in _SECONDS:
            check_seconds(name, getattr(self, name))
        for name in _COUNTS:
            check_count(name, getattr(self, name))
        check_flag("verify_host", self.verify_host)
        if self.supervise is not None:
            check_flag("supervise", self.supervise)

    @classmethod
    def of(cls, given: SSHKeywords) -> Self:
        """Return the options that the keywords stand for; ConfigError if unsound."""
        rest: dict[str, Any] = {**given}
        paths = rest.pop("known_hosts", None)
        if paths is not None:
            rest["known_hosts"] = _paths(paths)
        return cls(
            credentials=credentials_of(rest.pop("credentials", None)),
            allowed_hosts=HostPatterns.of(
                "allowed_hosts", rest.pop("allowed_hosts", None)
            ),
            **rest,
        )


def _paths(given: Any) -> tuple[Path, ...]:
    paths = [given] if isinstance(given, (str, os.PathLike)) else given
    try:
        return tuple(Path(path) for path in paths)
    except TypeError:
        raise ConfigError(
            f"known_hosts must be a path or a list of paths, not {given!r}"
        ) from None
