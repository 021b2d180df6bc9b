"""Jobs in a database of their own.

Put ``"pyjobkit_django.routers.JobsRouter"`` into DATABASE_ROUTERS and a database named
``jobs`` into DATABASES. Jobs then no longer share the transactions of other models.
"""

from __future__ import annotations

from typing import Any, ClassVar


class JobsRouter:
    """Sends the tables of jobs to ``alias``; a subclass may choose another one."""

    alias: ClassVar[str] = "jobs"
    app_label: ClassVar[str] = "pyjobkit_django"

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return the alias for our tables, no opinion for others."""
        return self.alias if model._meta.app_label == self.app_label else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        """Return the alias for our tables, no opinion for others."""
        return self.db_for_read(model)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Keep our tables to the alias; what else lives there is not ours to say."""
        return db == self.alias if app_label == self.app_label else None
