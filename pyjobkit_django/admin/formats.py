"""Values as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pyjobkit_django.monitor.status_labels import STATUS_LABELS, status_label
from pyjobkit_django.monitor.workers import Presence

__all__ = [
    "PRESENCE_LABELS",
    "STATUS_LABELS",
    "json_text",
    "number",
    "rough_span",
    "span",
    "status_label",
]

PRESENCE_LABELS: Final = {
    Presence.ALIVE: gettext_lazy("alive"),
    Presence.DRAINING: gettext_lazy("draining"),
    Presence.STOPPED: gettext_lazy("stopped"),
    Presence.SILENT: gettext_lazy("dead"),
}

#: Up to how many seconds their tenths are told.
_FEW: Final = 10
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def span(duration: timedelta | None) -> str:
    """Return a duration in its two largest units: ``3 min 20 s``; nothing for None."""
    if duration is None:
        return ""
    seconds = max(0.0, duration.total_seconds())
    if seconds < 1:
        return _("%(ms)d ms") % {"ms": seconds * 1000}
    if seconds < _FEW:
        return _("%(s)s s") % {"s": number_format(seconds, 1)}
    return " ".join(_units(int(seconds)))


def rough_span(duration: timedelta) -> str:
    """Return a duration in its largest unit: ``3 min``."""
    if duration.total_seconds() < _FEW:
        return span(duration)
    return next(_units(int(duration.total_seconds())))


def _units(seconds: int) -> Iterator[str]:
    """Yield the two largest units, the smaller one unless it is nothing."""
    sizes = (
        (_DAY, _("%d d")),
        (_HOUR, _("%d h")),
        (_MINUTE, _("%d min")),
        (1, _("%d s")),
    )
    first = next(place for place, pair in enumerate(sizes) if seconds >= pair[0])
    for size, text in sizes[first : first + 2]:
        if count := seconds // size:
            yield text % count
        seconds %= size


def number(count: int) -> str:
    """Return a whole number with its thousands apart."""
    return number_format(count, 0, force_grouping=True)


def json_text(value: Any) -> str:
    """Return a JSON value laid out for reading."""
    return json.dumps(value, indent=2, ensure_ascii=False)
