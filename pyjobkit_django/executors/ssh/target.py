"""Where a command is to run, and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.executors.payload_fields import Fields, refuse
from pyjobkit_django.executors.ssh.credentials import Credential
from pyjobkit_django.executors.ssh.options import SSHOptions

DEFAULT_PORT: Final = 22
_MAX_PORT: Final = 65_535
#: What a credential decides and a payload may then leave out, but not change.
_DECIDED: Final = ("username", "key_path", "host_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A login on a host; jobs with equal ones share connections."""

    host: str
    port: int = DEFAULT_PORT
    username: str | None = None
    key_path: str | None = None
    host_key: str | None = None
    credential: Credential | None = None

    def __str__(self) -> str:
        """Return it as ``deploy@web1:2222``, the port left out where it is 22."""
        user = "" if self.username is None else f"{self.username}@"
        return f"{user}{self.place}"

    @property
    def place(self) -> str:
        """The host, and the port where it is not 22."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORT else f"{host}:{self.port}"


def target_of(fields: Fields, options: SSHOptions) -> Target:
    """Return the target in a payload; raise DiscardJob naming the first fault in it."""
    host = _host(fields.required("host"), options)
    credential = _credential(fields, options)
    if credential and credential.hosts is not None and host not in credential.hosts:
        raise DiscardJob(f"credential {credential.name!r} may not be used on {host}")
    if credential and credential.password is not None and fields.given("host_key"):
        # Whoever chooses the key of the host chooses who is told the password.
        refuse("host_key", "cannot go with a credential that has a password")
    return Target(
        host=host,
        port=fields.count("port", DEFAULT_PORT, least=1, most=_MAX_PORT),
        credential=credential,
        **{name: _decided(fields, credential, name) for name in _DECIDED},
    )


def _host(host: str, options: SSHOptions) -> str:
    if host.split() != [host] or not host.isprintable() or "@" in host:
        refuse("host", "must be a name or an address, nothing else")
    if options.allowed_hosts is not None and host not in options.allowed_hosts:
        raise DiscardJob(f"host {host} is not one of allowed_hosts")
    return host


def _credential(fields: Fields, options: SSHOptions) -> Credential | None:
    name = fields.nonempty("credential")
    if name is None:
        return None
    if name not in options.credentials:
        known = ", ".join(sorted(options.credentials)) or "none"
        refuse("credential", f"{name!r} is not configured; there are: {known}")
    return options.credentials[name]


def _decided(fields: Fields, credential: Credential | None, name: str) -> str | None:
    given = fields.nonempty(name)
    decided = getattr(credential, name, None)
    if given is not None and decided is not None:
        refuse(name, f"is what the credential {credential.name!r} decides")  # type: ignore[union-attr] # it decided
    return given if decided is None else str(decided)
