"""manage.py enqueue_reports: have three reports made by whichever worker runs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pyjobkit_django import get_job
from reports.examples import enqueue_examples


class Command(BaseCommand):
    """Enqueues the example reports."""

    help = (
        "Enqueue three sales reports: of all orders at once, of a month in two seconds, "
        "and of a country, which fails twice before it succeeds."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", default="2026-06", help="YYYY-MM (2026-06)")
        parser.add_argument("--country", default="DE", help="two letters (DE)")
        parser.add_argument(
            "--pace",
            type=float,
            default=0.1,
            help="seconds that each 200 rows take longer, to be watched (0.1)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            job_ids = enqueue_examples(
                month=options["month"],
                country=options["country"],
                pace_s=options["pace"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        for job_id in job_ids:
            job = get_job(job_id)
            self.stdout.write(f"{job_id}  {job['status']:9}  {job['payload']['name']}")
