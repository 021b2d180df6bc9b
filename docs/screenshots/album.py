"""Which pages are taken, and in which clothes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: The widths that pages are looked at, in pixels.
WIDTHS: Final = {"wide": (1280, 860), "narrow": (390, 844)}
SCHEMES: Final = ("light", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One page as a person sees it; ``name`` is that of its file."""

    name: str
    page: str
    path: str
    options: dict[str, Any] = field(hash=False)
    is_whole: bool


#: Pages that are taken whole, however long they are.
WHOLE: Final = {
    "dashboard",
    "dashboard-day",
    "dashboard-week",
    "dashboard-table",
    "dashboard-hostile",
    "job-running",
    "job-failed",
    "job-hostile",
    "job-clone",
}


def pictures(paths: Mapping[str, str]) -> Iterator[Picture]:
    """Yield each page, light and dark, wide and narrow."""
    for page, path in paths.items():
        for width, (across, down) in WIDTHS.items():
            for scheme in SCHEMES:
                yield Picture(
                    name=f"{page}-{scheme}-{width}",
                    page=page,
                    path=path,
                    options={
                        "viewport": {"width": across, "height": down},
                        "color_scheme": scheme,
                        "locale": "en-US",
                    },
                    is_whole=page in WHOLE,
                )


def pages_of(running: Any, failed: Any) -> dict[str, str]:
    """Return the path of each page, by what it shows."""
    jobs = "/admin/pyjobkit_django/job/"
    dashboard = "/admin/pyjobkit_django/dashboard/"
    return {
        "dashboard": dashboard,
        "dashboard-day": f"{dashboard}?range=24h",
        "dashboard-week": f"{dashboard}?range=7d",
        "dashboard-table": f"{dashboard}?table=1",
        "dashboard-loading": dashboard,
        "dashboard-trouble": dashboard,
        "job-list": jobs,
        "job-list-failed": f"{jobs}?status=failed",
        "job-list-nothing": f"{jobs}?kind=nothing",
        "job-running": f"{jobs}{running}/change/",
        "job-failed": f"{jobs}{failed}/change/",
        "job-log": f"{jobs}{running}/log/",
        "job-clone": f"{jobs}{failed}/clone/",
        "job-requeue": f"{jobs}{failed}/change/",
        "job-delete": f"{jobs}{failed}/change/",
        "job-order": f"{jobs}?status=failed",
        "workers": "/admin/pyjobkit_django/workerrecord/",
        "prune": f"{jobs}prune/",
        "admin-index": "/admin/",
        "site-start": "/",
        "site-order": "/order/",
        "site-ordered": "/order/",
        "site-reports": "/reports/",
        "site-notices": "/notices/",
    }


def hostile_pages(hostile: Any) -> dict[str, str]:
    """Return the pages of a job that would like to be more than text."""
    return {
        "job-hostile": f"/admin/pyjobkit_django/job/{hostile}/change/",
        "job-list-hostile": "/admin/pyjobkit_django/job/",
        "dashboard-hostile": "/admin/pyjobkit_django/dashboard/",
    }


def empty_pages() -> dict[str, str]:
    """Return the pages that have something to say where there is nothing."""
    return {
        "dashboard-empty": "/admin/pyjobkit_django/dashboard/",
        "job-list-empty": "/admin/pyjobkit_django/job/",
        "workers-empty": "/admin/pyjobkit_django/workerrecord/",
    }
