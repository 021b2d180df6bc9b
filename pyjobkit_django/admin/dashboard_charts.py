"""The series of the dashboard's charts, as the chart library takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from pyjobkit_django.admin.dashboard_words import outcome_label
from pyjobkit_django.monitor.figures import OUTCOMES, Bin, Figures, Overview

#: The percentiles that are shown, with the part of their names.
SHARES: Final = ((0.5, "p50"), (0.95, "p95"))


def charts_of(found: Overview) -> dict[str, Any]:
    """Return each chart: the moments, and a series of values for each of its names."""
    return {
        "is_empty": not found.whole.total,
        "bin_s": found.range.bin_s,
        "times": [int(each.starts_at.timestamp()) for each in found.bins],
        "throughput": [_outcome(found.bins, outcome) for outcome in OUTCOMES],
        "waited": _percentiles(found.bins, Figures.waited_s),
        "ran": _percentiles(found.bins, Figures.ran_s),
    }


def _outcome(bins: Sequence[Bin], outcome: str) -> dict[str, Any]:
    return {
        "name": outcome,
        "label": outcome_label(outcome),
        "values": [round(each.per_minute(outcome), 3) for each in bins],
    }


def _percentiles(
    bins: Sequence[Bin], percentile: Callable[[Figures, float], float | None]
) -> list[dict[str, Any]]:
    titles = {"p50": _("median"), "p95": _("95th percentile")}
    return [
        {
            "name": name,
            "label": titles[name],
            "values": [percentile(each.figures, share) for each in bins],
        }
        for share, name in SHARES
    ]
