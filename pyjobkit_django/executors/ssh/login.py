"""Connects to a host and logs in, or says why that is not to be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncssh

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.ssh.host_keys import HostKeys
from pyjobkit_django.executors.ssh.options import SSHOptions
from pyjobkit_django.executors.ssh.target import Target


async def log_in(target: Target, options: SSHOptions) -> asyncssh.SSHClientConnection:
    """Return a connection that is logged in.

    Raises DiscardJob where the host or the login is refused, ExecutorError where the
    host is out of reach or does not answer within ``connect_timeout_s``.
    """
    host_keys = await asyncio.to_thread(HostKeys, target, options)
    try:
        async with asyncio.timeout(options.connect_timeout_s):
            return await asyncssh.connect(
                target.host,
                target.port,
                client_factory=lambda: host_keys,
                known_hosts=host_keys.trusted,
                keepalive_interval=options.keepalive_s,
                **await asyncio.to_thread(_identity, target),
                **_NOTHING_IMPLIED,
            )
    except TimeoutError:
        raise ExecutorError(
            f"{target} did not answer within {options.connect_timeout_s:g} s"
        ) from None
    except (OSError, ValueError, asyncssh.Error) as error:
        raise _told(error, target, host_keys) from error


#: What asyncssh would otherwise take from the worker's home and environment.
_NOTHING_IMPLIED: dict[str, Any] = {
    "config": None,
    "agent_path": None,
    "pkcs11_provider": None,
    "x509_trusted_certs": None,
    "gss_host": None,
    "gss_kex": False,
    "gss_auth": False,
}


def _told(
    error: Exception, target: Target, host_keys: HostKeys
) -> DiscardJob | ExecutorError:
    """Return the error that says, in one sentence, what went wrong and whether for good."""
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return DiscardJob(host_keys.refusal(error))
        case asyncssh.KeyExchangeFailed() if "host key" in error.reason:
            return DiscardJob(host_keys.no_such_key())
        case asyncssh.PermissionDenied():
            return DiscardJob(
                f"{target} refused the login: its user, key or password is not accepted"
            )
        case asyncssh.Error():
            return ExecutorError(f"cannot log in on {target}: {error.reason}")
        case OSError():
            return ExecutorError(f"cannot reach {target}: {error.strerror or error}")
        case _:
            return DiscardJob(f"cannot connect to {target}: {error}")


def _identity(target: Target) -> dict[str, Any]:
    """Return what asyncssh logs in with: the user, and a key, a password or default keys."""
    identity: dict[str, Any] = {}
    if target.username is not None:
        identity["username"] = target.username
    if target.credential and target.credential.password is not None:
        identity |= {"password": target.credential.password, "client_keys": None}
    if target.key_path is not None:
        identity["client_keys"] = _key(target, Path(target.key_path).expanduser())
    return identity


def _key(target: Target, path: Path) -> Sequence[asyncssh.SSHKeyPair]:
    passphrase = target.credential.passphrase if target.credential else None
    try:
        return asyncssh.load_keypairs(str(path), passphrase)
    except FileNotFoundError:
        raise DiscardJob(f"key file {path} does not exist on the worker") from None
    except OSError as error:
        raise DiscardJob(f"key file {path} cannot be read: {error.strerror}") from None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise DiscardJob(f"key file {path} cannot be used: {error}") from None
