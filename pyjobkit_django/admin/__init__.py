"""Jobs, workers and the dashboard in Django's admin: looked at freely, moved only by the engine's verbs."""

from __future__ import annotations

from django.contrib import admin

from pyjobkit_django.admin.dashboard_admin import DashboardAdmin
from pyjobkit_django.admin.job_admin import JobAdmin
from pyjobkit_django.admin.worker_admin import WorkerAdmin
from pyjobkit_django.models import Dashboard, Job, WorkerRecord

__all__ = ["DashboardAdmin", "JobAdmin", "WorkerAdmin"]

admin.site.register(Dashboard, DashboardAdmin)
admin.site.register(Job, JobAdmin)
admin.site.register(WorkerRecord, WorkerAdmin)
