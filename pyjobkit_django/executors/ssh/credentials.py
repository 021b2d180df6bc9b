"""Logins that settings name, so that no payload has to carry a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from pyjobkit_django.errors import ConfigError
from pyjobkit_django.executors.ssh.host_patterns import HostPatterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How to log in, and where this may be used; None leaves it to the payload."""

    name: str
    username: str | None = None
    key_path: str | None = None
    passphrase: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    host_key: str | None = None
    hosts: HostPatterns | None = None

    @classmethod
    def of(cls, name: str, given: Any) -> Self:
        """Return the credential that settings describe; raise ConfigError naming a fault."""
        place = f"credentials[{name!r}]"
        if not isinstance(given, Mapping):
            raise ConfigError(f"{place} must be a dict, not {type(given).__name__}")
        known = [entry.name for entry in fields(cls) if entry.name != "name"]
        for key in given:
            if key not in known:
                raise ConfigError(
                    f"{place} has no {key!r}; there are {', '.join(known)}"
                )
        texts = {key: given[key] for key in known if key != "hosts" and key in given}
        if isinstance(texts.get("key_path"), os.PathLike):
            texts["key_path"] = os.fspath(texts["key_path"])
        for key, value in texts.items():
            # The value is not shown: it may be a secret in the wrong place.
            if value is not None and (not isinstance(value, str) or not value):
                raise ConfigError(f"{place}: {key} must be text")
        hosts = HostPatterns.of(f"{place}: hosts", given.get("hosts"))
        return cls(name=name, hosts=hosts, **texts)


def credentials_of(given: Any) -> dict[str, Credential]:
    """Return the credentials by name; raise ConfigError naming the first fault."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"credentials must be a dict, not {type(given).__name__}")
    return {
        str(name): Credential.of(str(name), described)
        for name, described in given.items()
    }
