"""The kind ``ssh``: runs a command on another host and keeps what it printed."""

from __future__ import annotations

try:
    import asyncssh  # noqa: F401 - everything below needs it
except ImportError as error:
    raise ImportError(
        "SSHExecutor needs asyncssh: pip install 'pyjobkit-django[ssh]'"
    ) from error

from pyjobkit_django.executors.ssh.executor import SSHExecutor

__all__ = ["SSHExecutor"]
