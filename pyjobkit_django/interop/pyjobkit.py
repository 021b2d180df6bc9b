"""The two doors between pyjobkit and this package; pyjobkit is imported when one opens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from pyjobkit_django.backends.bulk import BulkBackend
from pyjobkit_django.contracts import LogSink
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.interop.exported_backend import ExportedBackend
from pyjobkit_django.interop.imported_backend import ImportedBackend
from pyjobkit_django.interop.observers import (
    ExportedLogSink,
    ImportedEventBus,
    ImportedLogSink,
    imported_context_factory,
)


def as_pyjobkit(
    ours: BulkBackend | LogSink,
    *,
    kinds: Collection[str] | None = None,
    queues: Sequence[str] | None = None,
) -> Any:
    """Return a backend or log sink of ours as one of pyjobkit's, for its Engine.

    Its Worker claims any kind from any queue, or only ``kinds`` from ``queues``; what its
    Engine enqueues goes to the first of ``queues``, else to the default one.
    """
    upstream = _pyjobkit_contracts()
    if isinstance(ours, BulkBackend):
        return _backend_class()(
            ours, conflict=upstream.OptimisticLockError, kinds=kinds, queues=queues
        )
    if isinstance(ours, LogSink):
        return ExportedLogSink(ours)
    raise TypeError(f"as_pyjobkit takes a backend or a log sink of ours, not {ours!r}")


def from_pyjobkit(theirs: Any) -> Any:
    """Return a piece of pyjobkit as our Engine and Worker take it.

    Backends, log sinks, event buses and context factories are wrapped; executors and
    retry policies need no wrapping and are returned as they are.
    """
    upstream = _pyjobkit_contracts()
    if isinstance(theirs, upstream.QueueBackend):
        return ImportedBackend(theirs, conflict=upstream.OptimisticLockError)
    if isinstance(theirs, upstream.LogSink):
        return ImportedLogSink(theirs, upstream.LogRecord)
    if isinstance(theirs, upstream.EventBus):
        return ImportedEventBus(theirs)
    if isinstance(theirs, (upstream.Executor, import_module("pyjobkit").RetryPolicy)):
        return theirs
    is_class = isinstance(theirs, type)
    if issubclass(theirs, upstream.ExecContext) if is_class else callable(theirs):
        return imported_context_factory(theirs)
    raise TypeError(f"{theirs!r} is no piece of pyjobkit's that our Engine has use for")


@cache
def _backend_class() -> type[Any]:
    """Return ExportedBackend as a subclass of pyjobkit's own, which checks its verbs."""
    bases = (ExportedBackend, _pyjobkit_contracts().QueueBackend)
    return type("PyjobkitBackend", bases, {})


def _pyjobkit_contracts() -> Any:
    try:
        return import_module("pyjobkit.contracts")
    except ImportError as error:
        raise ConfigError(
            "pyjobkit is not installed here: `pip install pyjobkit`, on Python 3.13 or newer"
        ) from error
    except ValueError as error:
        # prometheus_client has names once only, and our metrics have some of pyjobkit's.
        raise ConfigError(
            f"import pyjobkit before metrics are served in this process: {error}"
        ) from error
