"""Where the pages are."""

from __future__ import annotations

from django.conf import settings
from django.urls import path
from django.views.generic import TemplateView

from reports.views import notices, orders

app_name = "reports"
start = TemplateView.as_view(
    template_name="reports/start.html",
    # `make serve` makes the demo user, in DEBUG only.
    extra_context={"has_demo_user": settings.DEBUG},
)
urlpatterns = [
    path("", start, name="start"),
    path("order/", orders.order_report, name="order-report"),
    path("reports/", orders.list_orders, name="orders"),
    path("reports/<uuid:order_id>/", orders.show_order, name="order"),
    path("reports/<uuid:order_id>/progress/", orders.order_progress, name="progress"),
    path("reports/<uuid:order_id>/cancel/", orders.cancel_order, name="cancel"),
    path("reports/<uuid:order_id>/file/", orders.download_report, name="download"),
    path("notices/", notices.list_notices, name="notices"),
    path("notices/send/", notices.send_notice, name="send-notice"),
    path("notices/receive/", notices.receive_notice, name="receive-notice"),
]
