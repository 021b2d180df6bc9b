"""What the list of workers shows of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pyjobkit_django.admin.columns import dotted, marked, moment, titled
from pyjobkit_django.admin.formats import PRESENCE_LABELS, number, rough_span
from pyjobkit_django.monitor.text import excerpt, visible
from pyjobkit_django.monitor.workers import Presence, presence

#: How much of a list of names a cell shows, in characters.
MAX_NAMES: Final = 120
#: The most current jobs that a cell names.
MAX_CURRENT: Final = 3


def is_drainable(worker: Any) -> bool:
    """Tell whether asking the worker to drain would change anything."""
    return presence(worker) is Presence.ALIVE and not worker.drain_requested


def process(worker: Any, jobs_address: str) -> SafeString:
    """Return where a worker runs, with its id and the release that it runs."""
    return format_html(
        '<a id="worker-{}" href="{}?worker={}">{}</a> <span class="quiet">{}</span>',
        worker.pk,
        jobs_address,
        worker.pk,
        titled(f"{worker.host}:{worker.pid}", worker.pk),
        visible(worker.release),
    )


def state(worker: Any, drain_address: str) -> SafeString:
    """Return whether a worker is alive, when it was heard last, and what drains it."""
    found = presence(worker)
    word = str(PRESENCE_LABELS[found])
    if worker.drain_requested and found is Presence.ALIVE:
        word = _("%(state)s, asked to drain") % {"state": word}
    since = rough_span(worker.now - worker.seen_at)
    heard = moment(worker.seen_at, _("%(span)s ago") % {"span": since})
    return format_html(
        '{}<br><span class="quiet">{}</span> {}',
        marked(found.value, word),
        heard,
        _drain_button(worker, drain_address) if worker.is_drainable else "",
    )


def slots(worker: Any) -> SafeString:
    """Return how many slots of a worker are in use, of how many."""
    return format_html(
        '<meter class="pyjobkit-meter" max="{}" value="{}" aria-label="{}"></meter> {} / {}',
        worker.max_concurrency,
        worker.busy,
        _("Slots busy"),
        worker.busy,
        worker.max_concurrency,
    )


def current(worker: Any, address: Callable[..., str]) -> SafeString | str:
    """Return links to what a worker runs; nothing where one may not see that."""
    if not worker.current:
        return ""
    shown = format_html_join(
        "",
        '<a class="pyjobkit-current" href="{}"><bdi>{}</bdi></a>',
        (
            (address("job_change", job.pk), dotted(job.kind))
            for job in worker.current[:MAX_CURRENT]
        ),
    )
    more = len(worker.current) - MAX_CURRENT
    if more <= 0:
        return shown
    return format_html(
        '{}<a class="pyjobkit-current" href="{}?worker={}">{}</a>',
        shown,
        address("job_changelist"),
        worker.pk,
        _("and %(count)d more") % {"count": more},
    )


def done(worker: Any) -> str:
    """Return how many jobs a worker ended."""
    return number(worker.done)


def memory(worker: Any) -> str:
    """Return the most memory that a worker took; nothing where it did not tell."""
    peak = worker.peak_memory_bytes
    return "" if peak is None else filesizeformat(peak)


def takes(worker: Any) -> SafeString:
    """Return the queues, kinds and tags of the jobs that a worker takes."""
    lines = [
        (_("queues"), _names(worker.queues) or _("all")),
        (_("kinds"), _names(worker.kinds)),
        (_("tags"), _names(worker.tags)),
    ]
    return format_html_join(
        "",
        '<span class="pyjobkit-takes"><span class="quiet">{}</span> <bdi>{}</bdi></span>',
        (line for line in lines if line[1]),
    )


def started(worker: Any) -> SafeString:
    """Return for how long a worker has worked."""
    since = rough_span(worker.now - worker.started_at)
    return moment(worker.started_at, _("%(span)s ago") % {"span": since})


def _drain_button(worker: Any, address: str) -> SafeString:
    return format_html(
        '<button type="submit" class="pyjobkit-quiet-button" name="worker" value="{}"'
        ' formaction="{}">{}<span class="visually-hidden"> {}</span></button>',
        worker.pk,
        address,
        _("Drain"),
        visible(str(worker)),
    )


def _names(names: Any) -> str:
    return excerpt(", ".join(map(str, names or ())), limit=MAX_NAMES * 8).text
