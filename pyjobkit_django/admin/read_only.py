"""What both our admins are: pages to look at, which neither add, change nor delete rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    # Django's class takes its parameter in the stubs alone.
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows to those who have the model's ``view`` permission."""

    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    class Media:
        css = {"all": ["pyjobkit_django/admin.css", "pyjobkit_django/live.css"]}  # noqa: RUF012 - as Django reads it

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: jobs are enqueued, workers announce themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody, unless a verb for it says otherwise."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may view; a right to change, which changes nothing here, is not enough."""
        return self.may(request, get_permission_codename("view", self.opts))

    def address(self, name: str, *arguments: Any) -> str:
        """Return where one of our pages is, in the admin site that this one is on."""
        return reverse(
            f"admin:{self.opts.app_label}_{name}",
            args=arguments,
            current_app=self.admin_site.name,
        )

    def page(
        self, request: HttpRequest, template: str, context: Mapping[str, Any]
    ) -> HttpResponse:
        """Return a page of ours."""
        request.current_app = self.admin_site.name
        everywhere = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
        }
        name = f"admin/{self.opts.app_label}/{self.opts.model_name}/{template}"
        return TemplateResponse(request, name, {**everywhere, **context})

    def may(self, request: HttpRequest, codename: str) -> bool:
        """Tell whether the user has a permission of our app."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))
