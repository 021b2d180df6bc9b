"""manage.py pyjobkit_health: tell whether jobs are being worked off."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from pyjobkit_django.errors import PyjobkitError
from pyjobkit_django.management.arguments import one_of, positive_seconds
from pyjobkit_django.monitor.health import MAX_WAIT_S, findings


class Command(BaseCommand):
    """Ends with 1 where claiming, heartbeats or consumption stall."""

    help = (
        "Tell whether jobs are being worked off: live workers for whatever is due, nothing "
        "that waits too long, nothing left behind. Exit code 0: all well; 1: not, with one "
        "sentence for each finding."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--max-wait",
            type=positive_seconds,
            default=MAX_WAIT_S,
            metavar="SECONDS",
            help=f"how long a due job may wait for a slot ({MAX_WAIT_S:g})",
        )
        parser.add_argument(
            "--json", action="store_true", help="print the findings as JSON"
        )
        parser.add_argument(
            "--database", type=one_of(*connections), help="alias of the jobs' database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = findings(max_wait_s=options["max_wait"], using=options["database"])
        except PyjobkitError as error:
            raise CommandError(str(error)) from error
        status = "unhealthy" if found else "healthy"
        if options["json"]:
            told = [asdict(finding) for finding in found]
            self.stdout.write(json.dumps({"status": status, "findings": told}))
        if found:
            raise CommandError("\n".join(finding.text for finding in found))
        if not options["json"]:
            self.stdout.write(status)
