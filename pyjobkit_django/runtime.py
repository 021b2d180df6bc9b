"""From the site's settings to an Engine and a Worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.module_loading import autodiscover_modules, import_string

from pyjobkit_django import executors
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.backends.orm import DatabaseLogSink, DjangoBackend
from pyjobkit_django.conf import Settings, current
from pyjobkit_django.contracts import Executor
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import ConfigError
from pyjobkit_django.executors.late import LateExecutor
from pyjobkit_django.quoting import one_line, quoted
from pyjobkit_django.registry import check_executor, registered_executors
from pyjobkit_django.worker import Worker

#: The kind that every worker runs, since webhooks are jobs of it.
_HTTP: Final = "http"


def build_engine(
    *,
    using: str | None = None,
    extra_executors: Iterable[str] = (),
    lease_ttl: float | None = None,
) -> Engine:
    """Return an Engine on the site's database with all the executors there are.

    Leases last for ``lease_ttl`` seconds, by default PYJOBKIT["LEASE_TTL"].

    Executors come from PYJOBKIT["EXECUTORS"], from ``extra_executors``
    (``module:attribute``), from the ``executors`` module of every installed app, and from
    plugins; where a plugin's kind is taken the plugin is left out. A class that an app
    registers and the settings name is made once, as the settings say. ``http`` is
    always there: with its defaults, where none of these runs it.
    """
    settings = current()
    ttl_s = lease_ttl or settings.lease_ttl
    engine = Engine(
        backend=DjangoBackend(lease_ttl_s=ttl_s, using=using, notify=settings.notify),
        executors=site_executors(settings, extra_executors),
        log_sink=DatabaseLogSink(using=using, lease_ttl_s=ttl_s),
        rules=settings.rules,
    )
    return _with_the_rest(engine)


def build_memory_engine(*, extra_executors: Iterable[str] = ()) -> Engine:
    """Return an Engine with the site's rules and executors whose jobs are in memory."""
    settings = current()
    engine = Engine(
        backend=MemoryBackend(lease_ttl_s=settings.lease_ttl),
        executors=site_executors(settings, extra_executors),
        rules=settings.rules,
    )
    return _with_the_rest(engine)


def build_worker(
    *, using: str | None = None, extra_executors: Iterable[str] = (), **options: Any
) -> Worker:
    """Return a Worker for the site; ``options`` are those of Worker."""
    settings = current()
    options.setdefault("lease_ttl", settings.lease_ttl)
    engine = build_engine(
        using=using, extra_executors=extra_executors, lease_ttl=options["lease_ttl"]
    )
    options["queues"] = options.get("queues") or settings.queues
    return Worker(engine, log_limits=settings.log_limits, **options)


def site_executors(settings: Settings, extra: Iterable[str] = ()) -> list[Any]:
    """Return the executors of the settings, of ``extra`` and of the installed apps.

    Raises ConfigError or InvalidExecutorError, which name the one that cannot be made.
    """
    named = [
        _made(path, options, name=f"PYJOBKIT['EXECUTORS'] {quoted(path)}")
        for path, options in settings.executors
    ]
    named += map(_extra_executor, extra)
    autodiscover_modules("executors")
    return named + registered_executors(besides=set(map(type, named)))


def _with_the_rest(engine: Engine) -> Engine:
    engine.register_plugins()
    if _HTTP not in engine.executors:
        http = LateExecutor(_HTTP, _http_executor)
        engine.register_executor(http)
    return engine


def _http_executor() -> Executor:
    return executors.HTTPExecutor()


def _extra_executor(path: str) -> Any:
    module, colon, attribute = path.partition(":")
    if not (module and colon and attribute):
        raise ConfigError(f"executor {quoted(path)}: write it as module:attribute")
    return _made(f"{module}.{attribute}", {}, name=f"executor {quoted(path)}")


def _made(path: str, options: Mapping[str, Any], *, name: str) -> Any:
    try:
        executor = _called(import_string(path), options)
        check_executor(executor)
    except Exception as error:
        raise ConfigError(f"{name}: {one_line(str(error))}") from error
    return executor


def _called(found: Any, options: Mapping[str, Any]) -> Any:
    if callable(found):
        return found(**options)
    if options:
        raise ConfigError("is no class: it takes no options")
    return found
