"""django-tasks-db and steady-queue; the workers are their own management commands."""

from __future__ import annotations

import django

django.setup()

from django.core.management import call_command

from benchmarks.peers.programs import django_jobs
from benchmarks.program import Reply, SyncProgram, main


class DjangoTasks(SyncProgram):
    def install(self) -> Reply:
        call_command("migrate", verbosity=0)
        return None

    def send(self, kind: str, sent: int | None = None) -> object:
        return getattr(django_jobs, kind).enqueue(*([sent] if sent else []))


if __name__ == "__main__":
    main(DjangoTasks())
