"""manage.py pyjobkit_simulate: run the jobs of a file in memory, and see how they end."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import PyjobkitError
from pyjobkit_django.management import left_behind
from pyjobkit_django.management.arguments import (
    add_executor_argument,
    one_of,
    positive_seconds,
    whole_number,
)
from pyjobkit_django.management.json_input import read_file
from pyjobkit_django.management.log_output import log_to_stderr
from pyjobkit_django.management.simulation import Jobs, jobs_in, simulate, trouble_in
from pyjobkit_django.runtime import build_memory_engine

BAD_INPUT: Final = 2
WENT_WRONG: Final = 1


class Command(BaseCommand):
    """Runs jobs with the site's executors, without touching its queue."""

    help = (
        'Run the jobs of a JSON file ({"jobs": [{"kind": …, "payload": …}, …]}) in '
        "memory with the site's executors, retries included, and print how each ended. "
        "Exit code 0: all well; 1: some failed, timed out or did not end; 2: bad input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument(
            "--concurrency", type=whole_number, default=4, help="jobs run at once (4)"
        )
        parser.add_argument(
            "--timeout",
            type=positive_seconds,
            default=60.0,
            metavar="SECONDS",
            help="seconds that all of it may take (60)",
        )
        add_executor_argument(parser)
        parser.add_argument(
            "--log-format",
            type=one_of("text", "json"),
            default="text",
            help="text or json",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        log_to_stderr(options)
        try:
            engine = build_memory_engine(extra_executors=options["executors"])
            jobs = jobs_in(read_file(options["file"]), engine)
        except PyjobkitError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        try:
            trouble = asyncio.run(self._simulate(engine, jobs, options))
        finally:
            connections.close_all()
        if trouble:
            raise CommandError(trouble, returncode=WENT_WRONG)

    async def _simulate(
        self, engine: Engine, jobs: Jobs, options: dict[str, Any]
    ) -> str:
        summary = await simulate(
            engine,
            jobs,
            concurrency=options["concurrency"],
            timeout_s=options["timeout"],
        )
        self.stdout.write(json.dumps({"summary": summary}, indent=2))
        trouble = trouble_in(summary)
        await left_behind.end_tasks(WENT_WRONG if trouble else 0)
        return trouble
