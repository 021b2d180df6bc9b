"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PyjobkitConfig(AppConfig):
    """Background jobs; ready registers the checks and nothing else."""

    name = "pyjobkit_django"
    verbose_name = _("Background jobs")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from pyjobkit_django import checks  # noqa: PLC0415 - needs the models loaded

        checks.register_checks()
