"""What an HTTPExecutor is told when it is made, checked once."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypedDict

import httpx

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.option_checks import check_count, check_flag, check_seconds
from pyjobkit_django.payload import MAX_BYTES
from pyjobkit_django.webhooks import SECRET_VARIABLE

_SECONDS: Final = ("timeout_s", "connect_timeout_s")
_COUNTS: Final = ("max_response_bytes", "max_connections", "max_redirects")
#: What the headers of an answer and the rest may take, in bytes of JSON.
_ROOM: Final = 65_536


class HTTPKeywords(TypedDict, total=False):
    """The keywords of HTTPExecutor, as settings may give them."""

    timeout_s: float
    connect_timeout_s: float
    max_response_bytes: int
    max_connections: int
    max_redirects: int
    public_only: bool
    verify: bool | str | Path | ssl.SSLContext
    user_agent: str
    signing_secret: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPOptions:
    """Every option of an HTTPExecutor, sound."""

    timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    max_response_bytes: int = 1_048_576
    max_connections: int = 100
    max_redirects: int = 10
    public_only: bool = False
    verify: bool | str | Path | ssl.SSLContext = True
    user_agent: str = "pyjobkit-django"
    signing_secret: str | None = field(
        default_factory=lambda: os.environ.get(SECRET_VARIABLE), repr=False
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, naming the option."""
        for name in _SECONDS:
            check_seconds(name, getattr(self, name))
        for name in _COUNTS:
            check_count(name, getattr(self, name))
        check_flag("public_only", self.public_only)

    @property
    def max_result_bytes(self) -> int:
        """How much a result may take as JSON: what is stored by default, or as wanted."""
        with_headers = min(self.max_response_bytes + _ROOM, MAX_BYTES)
        return max(with_headers, self.max_response_bytes)

    def tls(self) -> ssl.SSLContext:
        """Return how servers are checked; ConfigError where ``verify`` names no CAs."""
        match self.verify:
            case ssl.SSLContext() as context:
                return context
            case bool(verify):
                return httpx.create_ssl_context(verify=verify)
            case str() | Path() as path:
                return _trusting(Path(path))
            case other:
                raise ConfigError(
                    f"verify must be True, False or the path of CAs, not {other!r}"
                )


def _trusting(path: Path) -> ssl.SSLContext:
    folder = path.is_dir()
    try:
        return ssl.create_default_context(
            cafile=None if folder else path, capath=path if folder else None
        )
    except OSError as error:
        raise ConfigError(f"verify: {path} holds no CAs: {error}") from error
