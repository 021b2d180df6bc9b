"""Whether a host is the one it is said to be, and the sentence for one that is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import asyncssh

from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.executors.ssh.options import SSHOptions
from pyjobkit_django.executors.ssh.target import DEFAULT_PORT, Target


class HostKeys(asyncssh.SSHClient):
    """The keys that a host may have, and what one connection found there instead.

    ``trusted`` is what asyncssh is to accept: None accepts every key.
    """

    def __init__(self, target: Target, options: SSHOptions) -> None:
        """Read the files that say so: this blocks, and raises DiscardJob."""
        self._target = target
        self._files = options.known_hosts
        self._offered: asyncssh.SSHKey | None = None
        self._was_known = False
        self.trusted: asyncssh.SSHKnownHosts | None = None
        if target.host_key is not None:
            self.trusted = _pinned(target.host_key)
        elif options.verify_host:
            self.trusted = _known(options.known_hosts)

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Note what the host offers that is not trusted, and refuse it."""
        self._offered = key
        self._was_known = self._knows(host, addr, port)
        return False

    def refusal(self, error: asyncssh.Error) -> str:
        """Return why the host was not trusted, with the way out."""
        place = self._target.place
        if self._offered is None:
            return f"host key of {place} is not trusted: {error.reason}"
        kind = self._offered.get_algorithm()
        offer = f"(it offers {kind} {self._offered.get_fingerprint()})"
        if self._target.host_key is not None:
            return f"host key of {place} is not the one that is pinned {offer}"
        if self._was_known:
            return (
                f"host key of {place} has changed {offer}; if that is right, "
                f"replace it in known_hosts ({self._shown_files()})"
            )
        return (
            f"host key of {place} is not known; add it to known_hosts "
            f"({self._shown_files()}) or pin host_key {offer}"
        )

    def no_such_key(self) -> str:
        """Return the sentence for a host that has no key of the kinds that are trusted."""
        place = self._target.place
        if self._target.host_key is not None:
            return f"host key of {place} is not the one that is pinned"
        return (
            f"host key of {place} has changed: it has none of the kind in known_hosts "
            f"({self._shown_files()})"
        )

    def _knows(self, host: str, addr: str, port: int) -> bool:
        other = None if port == DEFAULT_PORT else port
        return self.trusted is not None and any(
            self.trusted.match(host, addr, other)[:2]
        )

    def _shown_files(self) -> str:
        return ", ".join(map(str, self._files))


def _pinned(line: str) -> asyncssh.SSHKnownHosts:
    try:
        key = asyncssh.import_public_key(line)
    except asyncssh.KeyImportError:
        raise DiscardJob(
            "host_key is not a public key, such as `ssh-ed25519 AAAA…`"
        ) from None
    return asyncssh.import_known_hosts(f"* {key.export_public_key().decode()}")


def _known(files: Iterable[Path]) -> asyncssh.SSHKnownHosts:
    known = asyncssh.SSHKnownHosts()
    for path in files:
        try:
            known.load(path.expanduser().read_text())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise DiscardJob(f"known_hosts {path} cannot be read: {error}") from None
    return known
