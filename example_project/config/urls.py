"""The pages of the site, and its admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

admin.site.site_header = "Deskware administration"
admin.site.site_title = "Deskware"
admin.site.index_title = "What goes on"

urlpatterns = [
    path("", include("reports.urls")),
    path("admin/", admin.site.urls),
    path("jobs/", include("pyjobkit_django.urls")),
]
