"""The site's own tables in the admin: to look things up, for they come from the site."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from reports.models import Notice, ReportOrder


class LookUp(admin.ModelAdmin):  # type: ignore[type-arg] # it takes none at run time
    """Rows may be read and deleted; the site alone makes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: object | None = None
    ) -> bool:
        return False


@admin.register(ReportOrder)
class ReportOrderAdmin(LookUp):
    """What visitors ordered."""

    list_display = ("name", "scope", "ordered_at", "job")
    search_fields = ("name", "job_id")
    fields = ("name", "month", "country", "job", "ordered_at")

    @admin.display(description="job")
    def job(self, order: ReportOrder) -> str:
        return format_html('<a href="{}">{}</a>', order.job_url, order.job_id)


@admin.register(Notice)
class NoticeAdmin(LookUp):
    """What came in with a good signature."""

    list_display = ("headline", "received_at")
    fields = ("headline", "body", "digest", "received_at")
