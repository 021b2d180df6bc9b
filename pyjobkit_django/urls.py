"""What a site may include: ``path("jobs/", include("pyjobkit_django.urls"))``."""

from __future__ import annotations

from django.urls import path

from pyjobkit_django.monitor.health_view import healthz
from pyjobkit_django.monitor.progress_view import job_progress

app_name = "pyjobkit"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("<uuid:job_id>/progress/", job_progress, name="job-progress"),
]
