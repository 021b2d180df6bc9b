"""Reads a payload key by key; what does not fit discards the job, naming the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Never

from pyjobkit_django.chains import FROM_CHAIN
from pyjobkit_django.errors import DiscardJob

#: What a payload may hold.
KEYS: Final = (
    *("host", "cmd", "username", "key_path", "port", "env", "stdin"),
    *("credential", "host_key", "check", "supervise"),
)

_SHOWN: Final = 60
_MAX_PORT: Final = 65_535


def check_keys(payload: Mapping[str, Any]) -> None:
    """Refuse a payload with a key that means nothing here."""
    for key in payload:
        if key not in KEYS and key not in FROM_CHAIN:
            refuse(str(key)[:_SHOWN], f"is not known; the keys are {', '.join(KEYS)}")


def text(payload: Mapping[str, Any], key: str) -> str | None:
    """Return a text that is not empty; None where it was left out or is null."""
    value = payload.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        refuse(key, f"must be text, not {type(value).__name__}")
    if not value.strip():
        refuse(key, "is empty; leave it out or fill it in")
    return without_nul(key, value)


def required(payload: Mapping[str, Any], key: str) -> str:
    """Return a text that has to be there."""
    value = text(payload, key)
    return refuse(key, "is missing") if value is None else value


def flag(payload: Mapping[str, Any], key: str) -> bool | None:
    """Return true, false, or None where it was left out or is null."""
    value = payload.get(key)
    if value is not None and not isinstance(value, bool):
        refuse(key, f"must be true or false, not {type(value).__name__}")
    return value


def port(payload: Mapping[str, Any]) -> int:
    """Return the port, 22 where the payload names none."""
    value = payload.get("port")
    if value is None:
        return 22
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 < value <= _MAX_PORT:
        refuse("port", f"must be a whole number from 1 to {_MAX_PORT}")
    return int(value)


def without_nul(key: str, value: str) -> str:
    """Return a text that a command can be given."""
    return refuse(key, "contains NUL (\\x00)") if "\x00" in value else value


def refuse(key: str, message: str) -> Never:
    """Discard the job for what ``payload.key`` holds."""
    raise DiscardJob(f"payload.{key}: {message}")
