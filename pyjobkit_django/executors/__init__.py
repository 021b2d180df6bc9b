"""What runs the kinds that come with the toolkit; each module is named after its kind."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pyjobkit_django.executors.batch import BatchExecutor, BatchJob
    from pyjobkit_django.executors.http import HTTPExecutor, HttpExecutor
    from pyjobkit_django.executors.ssh import SSHExecutor
    from pyjobkit_django.executors.subprocess import SubprocessExecutor

__all__ = [
    "BatchExecutor",
    "BatchJob",
    "HTTPExecutor",
    "HttpExecutor",
    "SSHExecutor",
    "SubprocessExecutor",
]

# Each is imported when it is asked for: one brings an HTTP client, which no site should
# wait for that only enqueues, and another asyncssh, which is an extra.
_MODULES: Final = {
    "BatchExecutor": "batch",
    "BatchJob": "batch",
    "HTTPExecutor": "http",
    "HttpExecutor": "http",
    "SSHExecutor": "ssh",
    "SubprocessExecutor": "subprocess",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
