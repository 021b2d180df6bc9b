"""django-q2; the worker is ``manage.py qcluster``."""

from __future__ import annotations

import django

django.setup()

from django.core.management import call_command
from django_q.tasks import async_task

from benchmarks.program import Reply, SyncProgram, main


class DjangoQ(SyncProgram):
    def install(self) -> Reply:
        call_command("migrate", verbosity=0)
        return None

    def send(self, kind: str, sent: int | None = None) -> object:
        job = f"benchmarks.peers.programs.plain_jobs.{kind}"
        return async_task(job, *([sent] if sent else []))


if __name__ == "__main__":
    main(DjangoQ())
