"""manage.py pyjobkit_worker: run jobs until told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from argparse import ArgumentParser
from collections import ChainMap
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.conf import settings as site
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import autoreload

from pyjobkit_django.conf import current
from pyjobkit_django.errors import PyjobkitError
from pyjobkit_django.management import left_behind
from pyjobkit_django.management.garbage_collection import collecting_less
from pyjobkit_django.management.log_output import log_to_stderr
from pyjobkit_django.management.worker_arguments import add_worker_arguments
from pyjobkit_django.metrics import serving_metrics
from pyjobkit_django.quoting import quoted
from pyjobkit_django.runtime import build_worker
from pyjobkit_django.worker import Worker


class Command(BaseCommand):
    """Runs one worker in the foreground."""

    help = (
        "Run jobs until told to stop. SIGTERM or Ctrl+C lets running jobs end, for up to "
        "--stop-timeout seconds; a second one puts them back at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_worker_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        log_to_stderr(options)
        if self._wants_reload(options):
            autoreload.run_with_reloader(self._work, options)
        else:
            self._work(options)

    def _wants_reload(self, options: dict[str, Any]) -> bool:
        if options["reload"] is not None:
            return bool(options["reload"])
        return bool(site.DEBUG and sys.stdout.isatty() and not options["once"])

    def _work(self, options: dict[str, Any]) -> None:
        try:
            with _measured(options):
                worker = self._worker(options)
                with collecting_less(worker.options.max_concurrency):
                    asyncio.run(self._run(worker, once=options["once"]))
        except PyjobkitError as error:
            raise CommandError(str(error)) from error
        finally:
            connections.close_all()
        left_behind.end_threads()

    def _worker(self, options: dict[str, Any]) -> Worker:
        self._check_queues(options["queues"] or [])
        limits = {"lease_ttl": options["lease_ttl"]} if options["lease_ttl"] else {}
        worker = build_worker(
            using=options["database"],
            extra_executors=options["executors"],
            max_concurrency=options["concurrency"],
            batch_size=options["batch_size"],
            poll_interval=options["poll_interval"],
            stop_timeout=options["stop_timeout"],
            queues=options["queues"],
            kinds=options["kinds"],
            tags=options["tags"],
            rate_limits=dict(ChainMap(*reversed(options["rate_limits"]))),
            **limits,
        )
        self._check_kinds("--kind", options["kinds"] or (), worker)
        self._check_kinds("--rate-limit", worker.rate_limits, worker)
        return worker

    def _check_kinds(self, flag: str, kinds: Iterable[str], worker: Worker) -> None:
        known = worker.engine.executors
        for kind in kinds:
            if kind not in known:
                raise CommandError(
                    f"{flag} {quoted(kind)}: no executor runs it; there are {', '.join(sorted(known))}"
                )

    def _check_queues(self, queues: list[str]) -> None:
        known = current().queues
        for queue in queues:
            if queue not in known:
                raise CommandError(
                    f"--queue {quoted(queue)} is not one of {', '.join(known)}; "
                    f"add it to PYJOBKIT['QUEUES']"
                )

    async def _run(self, worker: Worker, *, once: bool) -> None:
        self._stop_on_signals(worker)
        async with worker.engine:
            await worker.run(once=once)
        await left_behind.end_tasks()

    def _stop_on_signals(self, worker: Worker) -> None:
        # Under the reloader the worker is not in the main thread, where signals arrive.
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if worker.stopping:
                worker.stop_now()
            else:
                worker.request_stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)


def _measured(options: dict[str, Any]) -> AbstractContextManager[object]:
    port = options["metrics_port"]
    if port is None:
        return nullcontext()
    return serving_metrics(port, options["metrics_host"])
