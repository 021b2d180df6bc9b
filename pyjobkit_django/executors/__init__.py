"""What runs the kinds that come with the toolkit; each module is named after its kind."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pyjobkit_django.executors.batch import BatchExecutor, BatchJob
from pyjobkit_django.executors.http import HTTPExecutor, HttpExecutor
from pyjobkit_django.executors.subprocess import SubprocessExecutor

if TYPE_CHECKING:
    from pyjobkit_django.executors.ssh import SSHExecutor

__all__ = [
    "BatchExecutor",
    "BatchJob",
    "HTTPExecutor",
    "HttpExecutor",
    "SSHExecutor",
    "SubprocessExecutor",
]


# It needs asyncssh, which is an extra, and so is imported when it is asked for.
def __getattr__(name: str) -> Any:
    if name == "SSHExecutor":
        return import_module("pyjobkit_django.executors.ssh").SSHExecutor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
