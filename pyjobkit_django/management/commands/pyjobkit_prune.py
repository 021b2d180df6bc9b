"""manage.py pyjobkit_prune: delete ended jobs that are old enough."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.conf import current
from pyjobkit_django.errors import PyjobkitError
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.management.arguments import age, one_of
from pyjobkit_django.models import Job, WorkerRecord
from pyjobkit_django.monitor.retention import forget_counters

#: How long the record of a worker that fell silent is kept.
WORKER_RECORDS_KEPT: Final = timedelta(days=1)
STATUSES: Final = sorted(status.value for status in FINAL)


class Command(BaseCommand):
    """Deletes ended jobs with their logs and attempts, in small transactions."""

    help = (
        "Delete ended jobs with their logs and attempts. Without options, each status is "
        "kept as long as PYJOBKIT['RETENTION'] says."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--status",
            action="append",
            dest="statuses",
            type=one_of(*STATUSES),
            metavar="STATUS",
            help=f"only this status ({', '.join(STATUSES)}); may be given again",
        )
        parser.add_argument(
            "--older-than", type=age, metavar="AGE", help="90s, 15m, 36h, 7d"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would be deleted"
        )
        parser.add_argument(
            "--database", type=one_of(*connections), help="alias of the jobs' database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ages = self._ages(options)
        except PyjobkitError as error:
            raise CommandError(str(error)) from error
        alias = jobs_alias(options["database"])
        verb = "would delete" if options["dry_run"] else "deleted"
        for status, older_than in ages.items():
            count = _prune(alias, status, older_than, dry_run=options["dry_run"])
            self.stdout.write(f"{verb} {count} {status} jobs older than {older_than}")
        if not options["dry_run"]:
            WorkerRecord.objects.using(alias).forget(WORKER_RECORDS_KEPT)
            forget_counters(alias)

    def _ages(self, options: Mapping[str, Any]) -> dict[JobStatus, timedelta]:
        retention = current().retention
        chosen = [JobStatus(status) for status in options["statuses"] or STATUSES]
        age_given = options["older_than"]
        ages = {
            status: retention[status] if age_given is None else age_given
            for status in chosen
        }
        return {status: kept for status, kept in ages.items() if kept is not None}


def _prune(
    alias: str, status: JobStatus, older_than: timedelta, *, dry_run: bool
) -> int:
    jobs = Job.objects.using(alias)
    if dry_run:
        return int(jobs.purgeable(statuses=[status], older_than=older_than).count())
    return jobs.purge(statuses=[status], older_than=older_than)
