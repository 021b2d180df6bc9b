"""What a site may include: ``path("jobs/", include("pyjobkit_django.urls"))``."""

from __future__ import annotations

from django.urls import path

from pyjobkit_django.monitor.health_view import healthz

app_name = "pyjobkit"

urlpatterns = [path("healthz", healthz, name="healthz")]
