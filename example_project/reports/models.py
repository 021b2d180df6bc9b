"""What the site keeps: reports that were ordered, and notices that came in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import NoReverseMatch, reverse

from reports.catalog import COUNTRIES, month_name

#: Leaves room for the id in the name of the file.
MAX_NAME = 24


class ReportOrder(models.Model):
    """A report that a visitor ordered; ``job_id`` is the job that makes it.

    Whoever knows the id, which cannot be guessed, may see the order: it is its link.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    visitor = models.UUIDField(db_index=True, editable=False)
    name = models.CharField(max_length=MAX_NAME)
    month = models.CharField(max_length=7, blank=True)
    country = models.CharField(max_length=2, blank=True)
    # A plain column, no foreign key: pyjobkit_prune deletes jobs, orders stay.
    job_id = models.UUIDField("job", unique=True, editable=False)
    ordered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-ordered_at",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page that shows how far it is."""
        return reverse("reports:order", args=[self.pk])

    @property
    def job_url(self) -> str:
        """The page of its job in the admin; the admin's first, where jobs have none."""
        try:
            return reverse("admin:pyjobkit_django_job_change", args=[self.job_id])
        except NoReverseMatch:
            return reverse("admin:index")

    @property
    def report_name(self) -> str:
        """What the job calls the report: unlike that of any other order."""
        return f"{self.name}-{self.id.hex}"

    @property
    def path(self) -> Path:
        """Where the finished report is."""
        return Path(settings.REPORTS_DIR, f"{self.report_name}.md")

    @property
    def scope(self) -> str:
        """Which sales it is about, in words."""
        country = COUNTRIES.get(self.country, self.country)
        month = month_name(self.month) if self.month else ""
        return ", ".join(filter(None, (country, month))) or "all orders"


class Notice(models.Model):
    """A message that came in with a good signature; the same one is kept once."""

    digest = models.CharField(max_length=64, unique=True)
    body: Any = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-received_at", "-id")

    def __str__(self) -> str:
        return self.headline

    @property
    def headline(self) -> str:
        """What it tells, in a sentence."""
        if "kind" in self.body:
            return f"A {self.body['kind']} job ended: {self.body.get('status')}"
        return str(self.body.get("message", "A notice without a message"))
