"""Which executors there are: those that apps register and those that plugins offer."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib.metadata import entry_points
from typing import Any, Final

from pyjobkit_django.errors import InvalidExecutorError, InvalidJobError
from pyjobkit_django.job_fields import check_name

#: Where other distributions offer executors: a class or factory without arguments.
EXECUTOR_ENTRY_POINT_GROUP: Final = "pyjobkit.executors"

logger = logging.getLogger("pyjobkit.registry")

#: The classes that ``@register`` has seen, by kind.
_registered: dict[str, type[Any]] = {}


def register[E: type[Any]](executor_class: E) -> E:
    """Class decorator: have every worker of this site run the jobs of its ``kind``.

    The class is made without arguments, once a worker. Raises InvalidExecutorError
    for a kind that another class has registered.
    """
    kind = check_executor(executor_class)
    holder = _registered.setdefault(kind, executor_class)
    if _path(holder) != _path(executor_class):
        raise InvalidExecutorError(
            f"{_path(executor_class)}: the kind {kind!r} is taken by {_path(holder)}"
        )
    _registered[kind] = executor_class
    return executor_class


def registered_executors(besides: Collection[type[Any]] = ()) -> list[Any]:
    """Return a new executor for every class that ``@register`` has seen, save some.

    Raises InvalidExecutorError for one that cannot be made.
    """
    wanted = [found for found in _registered.values() if found not in besides]
    return [_made(executor_class) for executor_class in wanted]


def discover_executors(only: Iterable[str] | None = None) -> Iterator[Any]:
    """Yield the executors of installed plugins, or of those whose name is in ``only``.

    A plugin that fails to load is logged and left out.
    """
    names = None if only is None else set(only)
    for point in entry_points(group=EXECUTOR_ENTRY_POINT_GROUP):
        if names is not None and point.name not in names:
            continue
        try:
            executor = point.load()()
            check_executor(executor)
        except Exception:
            logger.exception("executor plugin not loaded", extra={"plugin": point.name})
        else:
            yield executor


def check_executor(executor: Any) -> str:
    """Return the executor's kind; raise InvalidExecutorError where it cannot run jobs."""
    kind = getattr(executor, "kind", None)
    try:
        check_name("kind", kind)
    except InvalidJobError as error:
        raise InvalidExecutorError(f"executor {_path(executor)}: {error}") from None
    run: Callable[..., Any] | None = getattr(executor, "run", None)
    inherited = getattr(run, "__isabstractmethod__", False)
    if inherited or not inspect.iscoroutinefunction(run):
        raise InvalidExecutorError(
            f"executor {_path(executor)} needs `async def run(self, *, job_id, payload, ctx)`"
        )
    return str(kind)


def _made(executor_class: type[Any]) -> Any:
    try:
        return executor_class()
    except Exception as error:
        raise InvalidExecutorError(
            f"executor {_path(executor_class)}: {error}"
        ) from error


def _path(executor: Any) -> str:
    named = executor if isinstance(executor, type) else type(executor)
    return f"{named.__module__}.{named.__qualname__}"
