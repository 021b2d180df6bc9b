"""Order a report, watch it being made, fetch it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pyjobkit_django import cancel
from reports.forms import ReportForm
from reports.models import ReportOrder
from reports.ordering import place_order
from reports.progress import OrderState
from reports.visitors import visitor_of

#: How many orders the list shows.
LATEST = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_report(request: HttpRequest) -> HttpResponse:
    """Ask what the report shall be about, and order it."""
    visitor = visitor_of(request)
    form = ReportForm(request.POST or None)
    if form.is_valid():
        order = place_order(
            form.wish, visitor=visitor, ticket=form.cleaned_data["ticket"]
        )
        return redirect(order)
    return render(request, "reports/order_form.html", {"form": form})


@never_cache
@require_GET
def show_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show how far an order is to whoever knows its id."""
    order = get_object_or_404(ReportOrder, pk=order_id)
    return render(
        request,
        "reports/order.html",
        {
            "order": order,
            "state": OrderState.of(order),
            "is_own": order.visitor == visitor_of(request),
        },
    )


@never_cache
@require_GET
def order_progress(request: HttpRequest, order_id: UUID) -> JsonResponse:
    """Return the same as JSON, for the script on the page."""
    order = get_object_or_404(ReportOrder, pk=order_id)
    return JsonResponse(OrderState.of(order).as_json())


@require_POST
def cancel_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Cancel an order; only the visitor who placed it can."""
    order = get_object_or_404(ReportOrder, pk=order_id, visitor=visitor_of(request))
    cancel(order.job_id)
    messages.info(request, "Asked to cancel; a running job stops within seconds.")
    return redirect(order)


@never_cache
@require_GET
def download_report(request: HttpRequest, order_id: UUID) -> FileResponse:
    """Return the file of a finished order; its path comes from the order alone."""
    order = get_object_or_404(ReportOrder, pk=order_id)
    if not OrderState.of(order).is_ready:
        raise Http404("this order has no report")
    return FileResponse(
        order.path.open("rb"),
        as_attachment=True,
        filename=f"{order.name}.md",
        content_type="text/markdown; charset=utf-8",
    )


@never_cache
@require_GET
def list_orders(request: HttpRequest) -> HttpResponse:
    """List what this visitor ordered, newest first."""
    orders = ReportOrder.objects.filter(visitor=visitor_of(request))[:LATEST]
    return render(
        request, "reports/orders.html", {"states": OrderState.of_many(list(orders))}
    )
